# Falco's condition language: structure only, one level per precedence, loosest first, exactly one parse.
# The lexer (lexer.ts) knows what may stand where: an operator with the literal or the list of literals behind it is one
# token (test), so most checks are two.
# Meaning (macros, fields, types) comes later, in sensor/lang/passes.

@preprocessor typescript

@{%
import * as build from './build.js';
import { tokens } from './tokens.js';

const { and, or, not, lparen, rparen, identifier, field, exists, test, compareOp, modifier, value, listOpen, comma, listClose, val, call, index } = tokens;
%}

condition -> orExpr {% id %}

# Repetition is left recursion: with `:*` nearley copies what it has behind each item.
orExpr  -> andExpr                    {% id %}
         | orExpr %or andExpr         {% build.or %}
andExpr -> notExpr                    {% id %}
         | andExpr %and notExpr       {% build.and %}
notExpr -> %not notExpr               {% build.not %}
         | predicate                  {% id %}

predicate -> %lparen orExpr %rparen             {% build.group %}
           | %identifier                        {% build.macro %}
           | operand %exists                    {% build.exists %}
           | operand %test                      {% build.test %}
           | operand %compareOp right           {% build.compare %}
           | operand %compareOp %modifier right {% build.compareModified %}

operand -> %field      {% build.field %}
         | callExpr    {% id %}

callExpr -> %call callArgs %rparen         {% build.call %}
          | %call callArgs %rparen %index  {% build.call %}
callArgs -> callArg                        {% build.first %}
          | callArgs %comma callArg        {% build.next %}
callArg  -> operand                        {% id %}
          | %value                         {% build.text %}
          | %listOpen listArgs %listClose  {% build.argList %}
listArgs -> listArg                        {% build.first %}
          | listArgs %comma listArg        {% build.next %}
listArg  -> operand                        {% id %}
          | %value                         {% build.text %}

right -> rightOperand  {% build.oneOperand %}
       | %listOpen listItems %listClose  {% build.mixedList %}
listItems    -> listItem                  {% build.first %}
              | listItems %comma listItem {% build.next %}
listItem     -> rightOperand {% id %}
              | %value       {% build.text %}
rightOperand -> %val %field %rparen {% build.val %}
              | callExpr            {% id %}
