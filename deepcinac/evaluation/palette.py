"""The colours of Okabe and Ito, which every common kind of colour vision tells apart."""

BLACK = "#000000"
ORANGE = "#E69F00"
SKY_BLUE = "#56B4E9"
GREEN = "#009E73"
YELLOW = "#F0E442"
BLUE = "#0072B2"
VERMILION = "#D55E00"
PURPLE = "#CC79A7"

INK = "#222222"
FAINT = "#8a8a8a"
GRID = "#e4e4e4"
NOTE = "#555555"
PALE = "#c4c4c4"

TRUTH = BLACK
PREDICTION = BLUE
CROSSTALK = VERMILION

# Methods beside each other: a colour is never alone, a marker goes with it.
METHODS = (BLUE, ORANGE, GREEN, PURPLE, VERMILION, SKY_BLUE, BLACK, YELLOW)
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")
LINES = ("-", "--", "-.", ":")

# For outlines on a dark image and what belongs to them; the number stands beside the colour.
ON_BLACK = (ORANGE, SKY_BLUE, YELLOW, PURPLE, GREEN, VERMILION, "#7FB2F0", "#B8B8B8")
