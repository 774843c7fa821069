"""
Default weights of the doors: feature, centre, scale, and what it adds to the logits of static, milling, through.

Learned from simulated runs; docs/accuracy.md says how they do. One table each for a door with one antenna, with two, with more at its gate, and with more spread wide around it.
"""

from typing import Final

ONE: Final = """
spread          1.346   0.386  -1.414   0.480   0.934
slow_spread     2.081   0.595  -1.070   0.290   0.780
rise_along      0.000   0.050   0.000   0.000   0.000
late_along      0.000   0.050   0.000   0.000   0.000
hump           -0.094   4.778   0.555  -0.190  -0.365
rest_rise      -0.347   0.050  -0.000   0.000  -0.000
rest_hump      -0.347   0.050  -0.000   0.000  -0.000
rest_wiggle    -0.347   0.050  -0.000   0.000  -0.000
noise           1.406   0.515   0.231  -0.035  -0.196
from_side       0.000   0.050   0.000   0.000   0.000
middle          0.000   0.050   0.000   0.000   0.000
begin           0.000   0.050   0.000   0.000   0.000
end             0.000   0.050   0.000   0.000   0.000
across          0.000   0.050   0.000   0.000   0.000
peak          -61.183   6.396   0.028  -0.049   0.021
rise            0.316   6.731   0.061  -0.065   0.005
late_spread     0.000   0.050   0.000   0.000   0.000
phase          33.514  18.330  -0.894   0.440   0.454
intercept       0.000   1.000  -1.142   0.784   0.358
"""
TWO: Final = """
spread          1.350   0.359  -1.677   0.733   0.944
slow_spread     2.109   0.540  -0.898   0.985  -0.087
rise_along      5.836   6.113   0.233  -0.505   0.272
late_along      0.482   0.531  -0.639   0.013   0.626
hump            0.149   4.020   0.454  -0.218  -0.236
rest_rise      -0.347   0.050  -0.000  -0.000   0.000
rest_hump      -0.347   0.050   0.000   0.000  -0.000
rest_wiggle    -0.347   0.050   0.000  -0.000   0.000
noise           1.451   0.424   0.066  -0.271   0.206
from_side      -1.496   4.482  -0.252  -0.045   0.297
middle          4.769   3.574   0.010   0.051  -0.062
begin           1.704   5.762   0.077   0.268  -0.345
end             2.448   5.963  -0.032   0.126  -0.094
across          0.538   2.729  -0.397   0.109   0.288
peak          -60.124   5.592   0.131  -0.020  -0.110
rise            0.354   4.732  -0.094  -0.114   0.208
late_spread     0.342   0.374  -0.638   0.025   0.613
phase          34.613  18.194  -0.616   0.496   0.120
intercept       0.000   1.000  -1.891   1.226   0.664
"""
GATE: Final = """
spread          1.022   0.534  -3.430   2.975   0.455
slow_spread     1.796   0.689  -0.496  -0.130   0.626
rise_along      1.713   4.255   0.147   0.167  -0.314
late_along      0.468   0.558  -0.529  -0.552   1.081
hump           -2.992   5.308   0.327   0.298  -0.626
rest_rise       0.366   0.822  -0.051  -0.085   0.137
rest_hump       0.178   0.654  -0.075  -0.078   0.152
rest_wiggle     0.075   0.554  -0.131  -0.079   0.210
noise           0.880   0.684  -0.010  -0.012   0.022
from_side      -0.808   2.360  -0.147   0.003   0.144
middle          1.963   2.249   0.050   0.016  -0.066
begin           0.722   2.810  -0.076  -0.162   0.238
end             0.934   3.009  -0.080  -0.181   0.261
across          4.639   5.047  -0.135   0.125   0.009
peak          -64.354   6.154  -1.074  -0.247   1.321
rise           -1.309   6.333   0.038   0.002  -0.040
late_spread     0.398   0.393   0.282   0.229  -0.511
phase           0.000   1.000   0.000   0.000   0.000
intercept       0.000   1.000  -0.764   0.687   0.077
"""
WIDE: Final = """
spread          1.311   0.342  -1.611   1.010   0.601
slow_spread     2.087   0.487  -1.331   1.005   0.326
rise_along      5.964   6.990  -0.049  -0.476   0.525
late_along      0.518   0.585  -0.438  -0.470   0.907
hump           -0.100   3.264   0.306  -0.108  -0.198
rest_rise       0.936   0.703  -0.163   0.092   0.071
rest_hump       0.814   0.635   0.009   0.062  -0.071
rest_wiggle     0.667   0.565   0.067  -0.013  -0.054
noise           1.475   0.389   0.270  -0.365   0.094
from_side      -1.028   4.492  -0.258  -0.176   0.434
middle          4.391   3.209   0.146  -0.002  -0.144
begin           1.691   5.211   0.051   0.356  -0.407
end             2.558   5.745  -0.054   0.216  -0.162
across          8.035   4.910   0.205   0.176  -0.381
peak          -55.985   5.812  -0.022  -0.137   0.160
rise            0.460   3.957  -0.085  -0.145   0.230
late_spread     0.396   0.291  -0.887   0.334   0.553
phase          33.067  18.963  -0.794   0.509   0.285
intercept       0.000   1.000  -2.351   1.469   0.883
"""
TABLES: Final = {"one": ONE, "two": TWO, "gate": GATE, "wide": WIDE}

DIRECTION: Final = (5.085, -0.015, 0.079)
"""How late each antenna hears it best, how levels rise, where it begins and ends: weights of the logit of out."""
