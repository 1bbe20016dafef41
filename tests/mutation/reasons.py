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
SIGN_OF_ZERO = "The sign of a zero."

# module or "", pattern of "line => mutated line", kind, reason
REASONS: tuple[tuple[str, str, str, str], ...] = (
    ("", r"x\.operands\[0\].*operands\[ ?-1\]|tangents\[ -1\]|params\[ -1\]|others\[ -1\]", EQUIVALENT, ONE_OPERAND),
    ("", r"(count|length|total|prod\(.*\)) == 0.*(count|length|total|prod\(.*\)) <= 0|initial= -1\.0", EQUIVALENT, NEVER_NEGATIVE),
    ("", r"len\(arrays\) == 1.*<= 1|if n == 1.*n <= 1|if k == 2.*k <= 2", EQUIVALENT, SAME + "less cannot be."),
    ("", r"share == 0.*share (<=|>=) 0|share\.value == 0.*<= 0", EQUIVALENT, SAME + "a share is not negative, and what is undefined has a share of 0 or NaN."),
    ("", r"(low|high) == -?np\.inf.*(low <= -np\.inf|high >= np\.inf)", EQUIVALENT, SAME + "beyond infinity there is nothing."),
    ("", r"1e-?(140|100|200).*(<=|>=).*1e-?(140|100|200)|(plain > 1\.0)|np\.abs\(x\) < 1\.0|=> .*np\.abs\(each\) (<= 1e-200|< 1\.0)", EQUIVALENT, THRESHOLD),
    ("", r"np\.where\(far, x, [012]\.0\)|largest, -?1\.0\)|, x, 2\.0\)", EQUIVALENT, FILLER),
    ("", r"log2\(largest\)\)\), 2\.0|np\.ceil\(np\.log2|30[01], |299, |300, -?1\)", EQUIVALENT, SAME + "any power of two near the size scales without rounding."),
    ("", r"exponent // [13]", EQUIVALENT, SAME + "any two steps that together are the whole exponent."),
    ("", r"iscomplexobj|, - 2\)\)", EQUIVALENT, SAME + "on real numbers, and by their real parts on complex ones, both ways choose the same element."),
    ("selection", r"_larger\(low, x\)|_smaller\(high, |S\.Min\(high|S\.Max\(low, x|S\.Max\(0, x|S\.Eq\(y, x\)|S\.Ne\(0, c\)|clip\(x\.lift", EQUIVALENT, EITHER_ORDER),
    ("selection", r"S\.S\.Half, S\.Eq\(x, y\)\), \(1, x > y\)", EQUIVALENT, SAME + "the conditions exclude each other."),
    ("selection", r"<= 0, 0\.0, x\) => .*< 0, 0\.0, x\)", EQUIVALENT, SIGN_OF_ZERO),
    ("elementary", r"finfo\(np\.float64\)\.min|np\.imag\(x\)\), x\)", EQUIVALENT, SAME + "the sign is copied, or that of a zero."),
    ("elementary", r"real, imaginary = .* => real, imaginary = ", EQUIVALENT, SAME + "overwritten before they are used."),
    ("", r'(part|name) (==|!=) ".*(>=|<=|>|<) "', EQUIVALENT, BY_VALUE),
    ("elementary", r"isnan\(out\), out, x\.lift\(1\.0\)", EQUIVALENT, SAME + "times or divided by 1."),
    ("elementary", r"rsqrt.*within\(x, -1\.0\)", EQUIVALENT, SAME + "the value there is NaN already."),
    ("", r"better = .*better = |remainder = .*remainder = ", EQUIVALENT, DIGITS),
    ("arithmetic", r"exponent [+-] residual|Rational\(exponent\) [+-]|residual \* np\.log", EQUIVALENT, DIGITS),
    ("arithmetic", r"exponent == [12]\.0 (=>|else).*exponent == [01]\.0|if exponent == 1\.0:", EQUIVALENT, SAME + "by the general rule in place of the one by hand."),
    ("arithmetic", r"traced is (not )?None (and|or) p\.operands", EQUIVALENT, COST),
    (
        "arithmetic",
        r"lost = lost (\||& \(x != 0\) \||& \(x != 0\) & \(np\.abs\(y\) < 1\.0\) \|)|np\.abs\(y\) (<= 1|< 2)\.0|<= _SMALLEST|\((x|y) != -?1\)",
        EQUIVALENT,
        SAME + "more numbers go the slower way, which is right for all of them, or a guard lets through what another one stops.",
    ),
    ("gates", r"100001\.0|x - zero, 1\.0|2 \* n \+ 4\)\]\)|n <= 0", EQUIVALENT, SAME + "beyond a bound where the result is 0, beside what is cut off, or where nothing is less."),
    ("", r"strict=True\).*strict=False\)", EQUIVALENT, SAME + "they are of one length, which is checked twice."),
    ("", r"% 2 == 0.*% 2 <= 0|known == 1.*known <= 1", EQUIVALENT, SAME + "less cannot be."),
    ("", r"\(n \+ 1\).*\*\* \(n - 1\)|0\.5 \* math\.pi.*-0\.5 \* math\.pi|np\.floor\(order\).*np\.ceil\(order\)", EQUIVALENT, SAME + "the parity, the square or the whole number is the same."),
    ("", r"shape\[-1\].*(shape\[1\]|- 2\])|\.swapaxes\(-2, -1\)|axes != \(-1,\).*axes < \(-1,\)", EQUIVALENT, SAME + "the same axis by another name, or the same axes."),
    ("determinants", r"det\(u\) / ", EQUIVALENT, SAME + "times or divided by 1 or -1."),
    ("", r"near, x, 1\.5\)|low, -1\.0\)|order, 1\.0\)|-x, 2\.0\)|length == -?1, 1\.0|count, 0\)", EQUIVALENT, FILLER),
    ("linalg", r"rows\.size \+|ndim == 1 <|MANY|len\(row\) > 0", EQUIVALENT, COST),
    ("indexing", r"g\.ndim >= len\(basic\.kept\)", EQUIVALENT, COST),
    ("lengths", r"1[67] \* _PART|_within\((plain|length), 1\.0", EQUIVALENT, THRESHOLD),
    ("bessel", r"first \+ 17", EQUIVALENT, SAME + "more terms of a series that has ended."),
    ("gates", r"range\(1, n \+ 2\)", EQUIVALENT, SAME + "a coefficient more than is used."),
    ("chains", r"cost|best|WRITTEN|arrays\[- 0\]", EQUIVALENT, COST),
)  # fmt: skip


def reason(record: dict[str, Any]) -> tuple[str, str]:
    """Whether a survivor does the same as the table, and why it survives."""
    text = f"{record['before']} => {record['after']}"
    for module, pattern, kind, why in REASONS:
        if module in ("", record["module"]) and re.search(pattern, text):
            return kind, why
    return UNSAID
