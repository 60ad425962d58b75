"""The grammar of expressions, for lark's LALR parser; operators that bind tighter stand lower."""

GRAMMAR = r"""
condition: or
update: statement? (";" statement?)*

?statement: _SET? target "=" or     -> assign
          | _REMOVE attribute       -> remove
          | NAME "(" attribute ")"  -> delete
?target: attribute | part

?or: and | and (_OR and)+                      -> any_of
?and: not | not (_AND not)+                    -> all_of
?not: comparison | NOT+ comparison             -> negation
?comparison: bit_or
           | bit_or COMPARISON bit_or          -> comparison
           | bit_or IN "(" arguments ")"       -> membership
?bit_or: bit_xor | bit_xor (BIT_OR bit_xor)+   -> chain
?bit_xor: bit_and | bit_and (BIT_XOR bit_and)+ -> chain
?bit_and: shift | shift (BIT_AND shift)+       -> chain
?shift: sum | sum (SHIFT sum)+                 -> chain
?sum: product | product (SIGN product)+        -> chain
?product: unary | unary (FACTOR unary)+        -> chain
?unary: operand | (SIGN | TILDE)+ operand      -> unary
?operand: NAME                                 -> word
        | QUOTED                               -> attribute
        | NUMBER                               -> number
        | STRING                               -> string
        | TIMESTAMP                            -> timestamp
        | NAME "(" arguments ")"               -> call
        | part
        | "(" or ")"

part: attribute "[" or [".." or] "]"
attribute: NAME | QUOTED
arguments: or ("," or)*

_SET.2: /set\b/i
_REMOVE.2: /remove\b/i
_OR.2: /or\b/i
_AND.2: /and\b/i
NOT.2: /not\b/i
IN.2: /in\b/i
SHIFT.2: /<<|>>/
COMPARISON: /[=!<>]=|[<>]/
BIT_OR: "|"
BIT_XOR: "^"
BIT_AND: "&"
SIGN: /[+-]/
FACTOR: /[*\/]/
TILDE: "~"
TIMESTAMP.3: /-?[0-9]+:-?[0-9]+/
NUMBER: /[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?/
STRING: /'[^']*'|"[^"]*"/
QUOTED: /`[^`]+`/
NAME: /[A-Za-z_][A-Za-z0-9_]*/
%ignore /\s+/
"""
