import jax
import jax.numpy as jnp

jax.config.update("jax_enable_x64", True)
value, slope = jax.value_and_grad(lambda x: 2 * jnp.dot(x, x))(jnp.array([0.0, 1.0, 2.0, 3.0]))
print(value, slope)
