"""Sparse Jacobians and Hessians: which entries can be nonzero, and as few sweeps as find them all.

    pattern      which elements of the inputs an element hangs on, for all elements of a node
    reads        which elements of its operands an element of a node is made from
    spread       patterns carried through a graph, from its inputs to its outputs
    colouring    columns that share no row share a colour
    compressed   one seed a colour: derivatives that are asked for together, and told apart

After Curtis, Powell and Reid, and Griewank and Walther, Evaluating Derivatives (2008), chapters 7 and 8.
"""
