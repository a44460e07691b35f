#!/bin/sh
# Minimizes a parabola: a trainer in shell and awk, to show the contract. The parameters are in the arguments.
read -r task
x=$1
for step in 1 2 3 4 5; do
  loss=$(awk "BEGIN { print ($x - 0.3) ^ 2 + 1 / $step }")
  [ "$step" = 5 ] || echo "{\"step\": $step, \"metrics\": {\"loss\": $loss}}"
done
echo "trained with x = $x" >&2
echo "{\"done\": 5, \"metrics\": {\"loss\": $loss}}"
