"""Why a mutant may survive."""

from __future__ import annotations

import re
from typing import Any

EQUIVALENT, OPEN = "equivalent", "open"
UNSAID = (OPEN, "Not yet killed.")

SAME = "The same numbers: "
THRESHOLD = SAME + "the threshold between two ways that agree there to the last digit."
FILLER = SAME + "a number put where the other branch of a `where` is taken, so that it does not overflow or warn."
NEVER_NEGATIVE = SAME + "what is compared is never negative."
ONE_OPERAND = SAME + "there is only one operand or element, which is the last as well as the first."
EITHER_ORDER = SAME + "the operation is symmetric in the two, ties and NaN included."
COST = SAME + "what it changes is the time taken, by the order of products or by a shortcut."
DIGITS = "A correction below half a unit in the last place."
BY_VALUE = SAME + "the name compared is one of two."
ONE_OR_MINUS = SAME + "times or divided by 1 or -1."

# modules or "" for all, pattern of "line => mutated line", kind, reason
REASONS: tuple[tuple[str, str, str, str], ...] = (
    ("", r"x\.operands\[0\].*operands\[ ?-1\]|tangents\[ -1\]|params\[ -1\]|others\[ -1\]", EQUIVALENT, ONE_OPERAND),
    ("", r"(count|length|total|prod\(.*\)) == 0.*(count|length|total|prod\(.*\)) <= 0|initial= -1\.0", EQUIVALENT, NEVER_NEGATIVE),
    ("", r"len\(arrays\) == 1.*<= 1|if n == 1.*n <= 1|if k == 2.*k <= 2", EQUIVALENT, SAME + "less cannot be."),
    ("", r"share == 0.*share (<=|>=) 0|share\.value == 0.*<= 0", EQUIVALENT, SAME + "a share is not negative, and what is undefined has a share of 0 or NaN."),
    ("", r"(low|high) == -?np\.inf.*(low <= -np\.inf|high >= np\.inf)", EQUIVALENT, SAME + "beyond infinity there is nothing."),
    ("", r"1e-?(140|100|200).*(<=|>=).*1e-?(140|100|200)|(plain > 1\.0)|=> .*np\.abs\(each\) (<= 1e-200|< 1\.0)", EQUIVALENT, THRESHOLD),
    ("", r"np\.where\(far, x, [012]\.0\)|largest, -?1\.0\)|, x, 2\.0\)", EQUIVALENT, FILLER),
    ("", r"log2\(largest\)\)\), 2\.0|np\.ceil\(np\.log2|=> .*(301, |299, |300, -?1\))", EQUIVALENT, SAME + "any power of two near the size scales without rounding."),
    ("", r"exponent // [13]", EQUIVALENT, SAME + "any two steps that together are the whole exponent."),
    ("reduction", r"if not np\.iscomplexobj\(x\):", EQUIVALENT, SAME + "on real numbers, and by their real parts on complex ones, both ways choose the same element."),
    ("", r"reshape\(.*, - 2(\)|, _PART)|reshape\(- 2, ", EQUIVALENT, SAME + "NumPy works out a size of any negative number."),
    ("selection", r"_larger\(low, x\)|_smaller\(high, |S\.Min\(high|S\.Max\(low, x|S\.Max\(0, x|S\.Eq\(y, x\)|S\.Ne\(0, c\)|clip\(x\.lift", EQUIVALENT, EITHER_ORDER),
    ("selection", r"S\.S\.Half, S\.Eq\(x, y\)\), \(1, x > y\)", EQUIVALENT, SAME + "the conditions exclude each other."),
    ("elementary", r"finfo\(np\.float64\)\.min|np\.imag\(x\)\), x\)", EQUIVALENT, SAME + "the sign is copied, or that of a zero."),
    ("solving", r"absorbing (<=|>=) PLAIN", EQUIVALENT, BY_VALUE),
    ("elementary", r"isnan\(out\), out, x\.lift\(1\.0\)", EQUIVALENT, SAME + "times or divided by 1."),
    ("elementary", r"rsqrt.*within\(x, -1\.0\)", EQUIVALENT, SAME + "the value there is NaN already."),
    ("powers", r"=> .*(exponent - residual|Rational\(exponent\) - )", EQUIVALENT, DIGITS),
    ("arithmetic", r"traced is (not )?None (and|or) p\.operands", EQUIVALENT, COST),
    (
        "arithmetic",
        r"lost = lost (\||& \(x != 0\) \||& \(x != 0\) & \(np\.abs\(y\) < 1\.0\) \|)|np\.abs\(y\) (<= 1|< 2)\.0|<= _SMALLEST|\((x|y) != -?1\)",
        EQUIVALENT,
        SAME + "more numbers go the slower way, which is right for all of them, or a guard lets through what another one stops.",
    ),
    ("gates", r"x - zero, 1\.0|2 \* n \+ 4\)\]\)|n <= 0", EQUIVALENT, SAME + "beyond a bound where the result is 0, beside what is cut off, or where nothing is less."),
    ("", r"\(n \+ 1\).*\*\* \(n - 1\)|0\.5 \* math\.pi.*-0\.5 \* math\.pi|np\.floor\(order\).*np\.ceil\(order\)", EQUIVALENT, SAME + "the parity, the square or the whole number is the same."),
    ("determinants solving factorizations matrix_functions", r"shape\[-1\].*=> .*shape\[(1|- 2)\]", EQUIVALENT, SAME + "the same axis by another name, or one as long."),
    ("chains", r"left\.shape\[-1\].*=> .*left\.shape\[1\]", EQUIVALENT, SAME + "the same axis by another name, or one as long."),
    ("lengths", r"axes != \(-1,\).*axes < \(-1,\)", EQUIVALENT, SAME + "no axes come after the last."),
    ("bessel", r"\* S\.sign\(x\) \*\*.*/ S\.sign\(x\) \*\*", EQUIVALENT, ONE_OR_MINUS),
    ("lengths", r"ratio\(ratio\(t, sign\(x\)\)", EQUIVALENT, ONE_OR_MINUS),
    ("powers", r"side\*\*k / np\.where", EQUIVALENT, ONE_OR_MINUS),
    ("powers", r"size >= 1\.0, 1\.0", EQUIVALENT, SAME + "overwritten before they are used."),
    ("powers", r"side >= 0\.0", EQUIVALENT, SAME + "it is 1 or -1."),
    ("powers", r"np\.real\(x\) >= 0, x, np\.where\(below", EQUIVALENT, SAME + "a guard lets through what another one stops."),
    ("beta_function", r"0\.5 \+ -0\.5 \* nodes|0\.5 - 0\.5 \* nodes", EQUIVALENT, SAME + "the nodes lie as far on both sides of 0, and their weights are equal."),
    ("beta_function", r"short = x (<= 1|< 2)\.0 \+ y", EQUIVALENT, THRESHOLD),
    ("activation", r"if side <= 0", EQUIVALENT, SAME + "less cannot be."),
    ("arithmetic", r"if n == 0 else scale\(g, over_power", EQUIVALENT, SAME + "by the general rule in place of the one by hand."),
    ("assignment", r"len\(values\.shape\) < where\.ndim or all|> where\.ndim or fits", EQUIVALENT, SAME + "a shape that is right already is made that shape."),
    ("bessel", r"order not in \((0\.0, 0|[12]\.0, 1)\.0\)|<= order \+ 0\.5", EQUIVALENT, THRESHOLD),
    ("bessel", r"count = 9[57]|16 \+ 2 \+ order|range\( ?0, order", EQUIVALENT, SAME + "more of a sum that has converged, or a step that repeats the first."),
    ("beta_function", r"np\.isfinite\(x - y\)", EQUIVALENT, SAME + "both are finite or not."),
    ("beta_function", r"zero = x\.lift\( ?1\.0\)", EQUIVALENT, THRESHOLD),
    ("assignment", r"len\(values\.shape\) >= where\.ndim and fits", EQUIVALENT, SAME + "a shape that is right already is made that shape."),
    ("bessel", r"size <= 50\.0", EQUIVALENT, THRESHOLD),
    ("bessel", r"range\( ?0, count \+ 1\)", EQUIVALENT, SAME + "a term more, which is 0."),
    ("bessel gates", r"positive=False|real=False", EQUIVALENT, SAME + "an assumption on which nothing hangs."),
    ("chains", r"cut = \[\[ ?-?1\] \*", EQUIVALENT, SAME + "overwritten before they are used."),
    ("diagonals", r"\(\*lead, 2\)\)", EQUIVALENT, SAME + "a zero more, which is not picked."),
    ("elementary", r"better, (2\.0 / \(3|1\.0 / \( ?[24])\.0 \*", EQUIVALENT, SAME + "at 0 and infinity, where the size of a factor is lost."),
    ("elementary", r"x\.lift\( ?-?1\.0\), x / length", EQUIVALENT, FILLER),
    ("determinants", r"sum\(later <= earlier", EQUIVALENT, SAME + "no two are equal."),
    ("determinants", r"n \+ 2, n \+ 1\)|_along_matrix\(g, node\.operands\[ ?-1\]|scale\(t\[ ?-1\]", EQUIVALENT, ONE_OPERAND),
    ("diagonals", r"len\(block\.shape\) > 2|side is not block", EQUIVALENT, SAME + "less cannot be, and what has no columns adds none."),
    ("determinants", r"if last <= to|if last != to or", EQUIVALENT, SAME + "none comes after the last."),
    ("determinants", r"optimize=(k >= 1|k <= 1|k > [02]|not k)", EQUIVALENT, COST),
    ("logarithms", r"rate >= 1\.0", EQUIVALENT, SAME + "it is 1 or log(2)."),
    ("ordering", r"\[\.\.\., 1:\] <= ordered", EQUIVALENT, SAME + "in order, none is less than the one before."),
    ("ordering", r"\[\.\.\., 1:\] >= ordered", EQUIVALENT, COST),
    ("ordering picking", r"\(x\.size,\)\), -1", EQUIVALENT, SAME + "the same axis by another name, or one as long."),
    ("ordering", r"slice\(0, count - step\)\)\), index", EQUIVALENT, EITHER_ORDER),
    ("picking", r"!= position else 0", EQUIVALENT, SAME + "overwritten before they are used."),
    ("powers", r"root (> 0|!= 1)\)", EQUIVALENT, SAME + "a root is not negative, and what is beside 1 is overwritten."),
    ("powers", r"np\.where\(below, -x, [02]\.0\)", EQUIVALENT, FILLER),
    ("rearranging", r"np\.ceil\(values\)", EQUIVALENT, SAME + "a number is whole if rounding it either way changes nothing."),
    ("rounding", r"S\.Piecewise\(\(values, S\.Eq\(x, 0\)\), \(0, x < 0\)", EQUIVALENT, SAME + "the conditions exclude each other."),
    ("sequences", r"return found\[ ?-1\]", EQUIVALENT, ONE_OPERAND),
    ("solving", r"None, None\], a, -?1\.0\)", EQUIVALENT, FILLER),
    ("solving", r"size >= 1\.0 / EPSILON", EQUIVALENT, THRESHOLD),
    ("bessel", r"\(order - n\) % 2", EQUIVALENT, SAME + "the parity, the square or the whole number is the same."),
    ("bessel", r"if j >= count", EQUIVALENT, SAME + "more cannot be."),
    ("gates", r"full_like\(more\[ ?-1\]", EQUIVALENT, SAME + "both are of one shape."),
    ("indexing", r"slice\( ?(-?1|0), -?[01]\)$", EQUIVALENT, SAME + "nothing is picked either way."),
    ("lengths", r"count <= 1\), 0\.0|length <= 0, 0\.0", EQUIVALENT, SAME + "less cannot be."),
    ("lengths", r"x\.shape\[- 0\] // _PART", EQUIVALENT, COST),
    ("linalg", r"b\.ndim <= 2 <|> NARROW|b\.shape\[1\] <= NARROW", EQUIVALENT, COST),
    ("linalg", r"alive_b\) <= 0", EQUIVALENT, NEVER_NEGATIVE),
    ("factorizations", r"row - column, w\.lift\( ?-?[02]\.0\)", EQUIVALENT, FILLER),
    ("gates", r"range\(1, 37\)|np\.zeros\( ?(3 \* n \+ 3|2 \+ n \+ 3|2 \* n \+ [24])\)\]\)", EQUIVALENT, SAME + "more terms of a series that has ended, or more zeros of which the rest is cut off."),
    ("gates", r"v <= 0, second|x < - ?0\.0, normal_tail", EQUIVALENT, THRESHOLD),
    ("gates", r"x <= 0, (left, right|slope)|x <= -1\.0, normal_tail|size (>=|<=) (low|high)", EQUIVALENT, THRESHOLD),
    ("factorizations", r'"complete" and m >= n', EQUIVALENT, SAME + "nothing is added to what is complete."),
    ("solving", r"len\(b\.shape\) <= 1:", EQUIVALENT, SAME + "less cannot be."),
    ("solving", r"\.sum\(-1\)\.min\(-1\)", EQUIVALENT, SAME + "an estimate, which is far from where it decides."),
    ("linalg", r"< NARROW|b\.ndim == 1 <|a\.ndim == 1 <", EQUIVALENT, COST),
    ("matrix_functions", r"np\.where\(whole, a, -?1\.0\)", EQUIVALENT, FILLER),
    ("softmax lengths", r"np\.where\((total, total|length, length), -?[02]\.0\)", EQUIVALENT, FILLER),
    ("norms", r"inner >= outer", EQUIVALENT, SAME + "the two axes are never one."),
    ("ordering", r"range\(-len\(x\.shape\), 1\)", EQUIVALENT, SAME + "no axis counted from the end is 0."),
    ("powers", r"x\.dtype <= np\.float64", EQUIVALENT, SAME + "there are no shorter numbers."),
    ("powers", r"root != -1|size >= 1\.0\) ==", EQUIVALENT, SAME + "a root is not negative, and what is beside 1 is overwritten."),
    ("rearranging", r"zip\(second, first", EQUIVALENT, EITHER_ORDER),
    ("reduction", r"chosen, -1\)\[\.\.\., -1\]", EQUIVALENT, ONE_OPERAND),
    ("powers", r"size < 1\.0\)", EQUIVALENT, THRESHOLD),
    ("rounding", r"decimals (>= 0|> -1)", EQUIVALENT, SAME + "less cannot be."),
    ("sequences", r"len\(found\) <= 1", EQUIVALENT, SAME + "less cannot be."),
    ("logarithms", r"- 0\.5\) <= 0\.25|x <= 1\.0\), -np\.log", EQUIVALENT, THRESHOLD),
    ("matrix_functions", r"where\(whole, a, a\.lift\( ?-?1\.0\)\)", EQUIVALENT, FILLER),
    ("rounding", r"x \* y >= 0", EQUIVALENT, SAME + "a product has the sign of a quotient."),
    ("sequences", r"\(x, y\) if not x\.size <= y\.size", EQUIVALENT, COST),
    ("special", r"order \* 250|n // 2 \+ 23", EQUIVALENT, SAME + "more terms of a series that has ended, or more zeros of which the rest is cut off."),
    ("sequences", r"zeros\(long, \( ?2,\)\)", EQUIVALENT, SAME + "a zero more, which is not picked."),
    ("special", r"x <= -1\.0, second|x < -? ?0\.0, second|size <= 1\.0, near|x (>=|<=) -0\.[46]\)|x (<= 0|< 1)\.0, tail", EQUIVALENT, THRESHOLD),
    ("solving", r"grown \+ _SUSPECT", EQUIVALENT, COST),
    ("structural", r"size > -1\)", EQUIVALENT, SAME + "other negative sizes are refused either way."),
    ("structural", r"len\(a\.shape\) >= rank and", EQUIVALENT, SAME + "of an array with more axes, more are left over."),
    ("", r"near, x, 1\.5\)|low, -1\.0\)|order, 1\.0\)|-x, 2\.0\)|count, 0\)", EQUIVALENT, FILLER),
    ("indexing", r"g\.ndim >= len\(basic\.kept\)", EQUIVALENT, COST),
    ("lengths", r"1[67] \* _PART|_within\((plain|length), 1\.0", EQUIVALENT, THRESHOLD),
    ("bessel", r"first \+ 17", EQUIVALENT, SAME + "more terms of a series that has ended."),
    ("gates", r"range\(1, n \+ 2\)", EQUIVALENT, SAME + "a coefficient more than is used."),
    ("chains", r"cost|best|< WRITTEN|arrays\[- 0\]", EQUIVALENT, COST),
)  # fmt: skip


def reason(record: dict[str, Any]) -> tuple[str, str]:
    """Whether a survivor does the same as the table, and why it survives."""
    text = f"{record['before']} => {record['after']}"
    for module, pattern, kind, why in REASONS:
        if (not module or record["module"] in module.split()) and re.search(pattern, text):
            return kind, why
    return UNSAID
