"""What type of cell each one is: suggestions learned from the cells that an expert has typed.

There is no classifier of types that comes with the program: what a type looks like depends on the
tissue, the indicator and the microscope. It is learned from a few typed cells of one's own.
"""
