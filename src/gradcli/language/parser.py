"""Source text to syntax tree: `parse`.

The grammar, in the notation of Python's own (`[x]` optional, `x*` any number, `','.x+` one or more
with commas between; `NEWLINE`, `INDENT` and `DEDENT` are the tokenizer's):

    program:      statement+
    statement:    simple (';' simple)* [';'] NEWLINE | block

    simple:       (targets '=')+ values                     assignment, chained
                | target ':' choice ['=' values]            the annotation is dropped
                | target OPERATOR= values                   + - * / // % ** @ & |
                | values
                | 'return' [values] | 'assert' choice [',' choice]
                | 'pass' | 'break' | 'continue'
                | ('global' | 'nonlocal') ','.NAME+ | 'del' ','.target+
                | 'import' ','.(dotted ['as' NAME])+
                | 'from' dotted 'import' ( ','.(NAME ['as' NAME])+ | '(' … [','] ')' )
    block:        'if' (choice | naming) suite ('elif' (choice | naming) suite)* ['else' suite]
                | 'while' (choice | naming) suite ['else' suite]
                | 'for' targets 'in' values suite ['else' suite]
                | 'with' values suite
                | decorator* 'def' NAME '(' [parameters] ')' ['->' choice] suite
                | decorator* 'class' NAME ['(' [','.choice+ [',']] ')'] suite
    decorator:    '@' choice NEWLINE
    parameters:   ','.(typed ['=' choice] | '*' [typed] | '**' typed)+ [',']
    typed:        NAME [':' choice]                         the annotation is dropped
    suite:        ':' simple (';' simple)* [';'] NEWLINE | ':' NEWLINE INDENT statement+ DEDENT

    values:       ','.('*' choice | choice)+ [',']          a tuple, if there is a comma
    choice:       or ['if' or 'else' choice] | 'lambda' [parameters, without annotations] ':' choice
    naming:       NAME ':=' choice                          an item between brackets, or a condition
    or:           and ('or' and)*
    and:          not ('and' not)*
    not:          'not' not | comparison
    comparison:   bar (('<' | '<=' | '>' | '>=' | '==' | '!=' | 'is' | 'is' 'not' | 'in' | 'not' 'in') bar)*
    bar:          ampersand ('|' ampersand)*
    ampersand:    sum ('&' sum)*
    sum:          product (('+' | '-') product)*
    product:      sign (('*' | '/' | '//' | '%' | '@') sign | implied)*
    implied:      power                                     directly after a number or π τ ∞ (see below)
    sign:         ('-' | '+' | '~') sign | power
    power:        root [SUPERSCRIPT | '**' sign]
    root:         '√' root | primary                        a call of sqrt
    primary:      atom ('.' NAME | '(' arguments ')' | '[' indices ']' | SUPERSCRIPT)*
    atom:         NAME | NUMBER | TEXT+ | π | τ | ∞ | '...' | 'True' | 'False' | 'None'
                | '(' [values] ')' | '[' [values] ']' | '(' choice clause+ ')' | '[' choice clause+ ']'
                | '{' [','.(choice ':' choice | '**' choice)+ [',']] '}' | '{' choice ':' choice clause+ '}'
    clause:       'for' targets 'in' or ('if' or)*
    arguments:    [','.(choice | naming | '*' choice | NAME '=' choice | '**' choice)+ [',']] | choice clause+
    indices:      ','.(choice | [choice] ':' [choice] [':' [choice]])+ [',']

    field:        '{' values ['='] ['!' ('r' | 's' | 'a')] [':' (characters | field)*] '}'      in an f-string's TEXT

`^` is `**`; `× · ⋅ ÷ −` are `* * * / -`; `≤ ≥ ≠` are `<= >= !=`. `x[(i, j)]` is `x[i, j]`.

A product may leave out its sign between a number (or `π τ ∞`) and the name, call, root or bracket
after it: `2x`, `2(x+1)`, `2sin(x)`, `2πr`. It binds as `*` does, except that it is an error where
that would be a guess: as the right operand of `/ // % @` (`1/2x`), of `**` (`x^2y`) or of `√`.
A bracket after a name is a call, whatever the name turns out to be; only names, attributes, elements of
attributes (`self.parts[0](x)`), calls and a lambda in brackets can be called. `√` takes the primary
after it: `√x²` is `(√x)²`.
"""

from __future__ import annotations

from ..errors import ExpressionError
from .statements import StatementReader
from .syntax import Program
from .tokens import tokenize


def parse(source: str) -> Program:
    """The syntax tree of a program; an expression is a program of one statement.

    Takes time and memory in proportion to the source's length, and bounded stack.

    Raises:
        ExpressionError: with span and source, for what is not in the grammar.
        LimitError: for a source too long, of too many tokens, or nested too deeply.
    """
    tokens = tokenize(source)
    if tokens[0].kind == "end":
        raise ExpressionError("the expression is empty", span=(0, len(source)), source=source)
    return StatementReader(source, tokens).program()
