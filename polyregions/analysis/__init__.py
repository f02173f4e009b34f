"""What a complete complex says of the function.

:mod:`polyregions.analysis.definitions`: linear regions by six definitions.
:mod:`polyregions.analysis.folding`: which regions the further layers cannot tell apart.
"""
