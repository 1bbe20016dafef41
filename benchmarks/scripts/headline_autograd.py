import autograd.numpy as np
from autograd import value_and_grad

print(value_and_grad(lambda x: 2 * np.dot(x, x))(np.array([0.0, 1.0, 2.0, 3.0])))
