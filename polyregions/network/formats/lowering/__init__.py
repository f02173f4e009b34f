"""The one form through which every framework's network enters: units over inputs and earlier units.

A reader runs a model's own forward pass on arrays whose entries are affine forms in the inputs and the
outputs of units made before (``forms``). What only moves or combines entries keeps such an array; what bends
appends units to the program (``program``). In the end the units are laid out in layers (``layout``), and
values that skip layers are carried by pass-through units.

Nothing is multiplied out and rounded on the way. Where the composition of two float maps is not a float map
(``maps``), a linear layer stays between them. Numbers that no float64 holds (a scale divided by a standard
deviation, a third) are rounded once, and the program lists them.

The network read is then compared with the model itself on sample points (``forward``).
"""
