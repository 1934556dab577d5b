# SPDX-License-Identifier: Apache-2.0
# Three analyses of one table side by side: the American economy by quarters, and what tells unemployment; then carbon
# dioxide over Mauna Loa by weeks, and a stream that is judged while it comes.

table=$(table macrodata)
timeout 60 "$lagoon" analyze "$table" --time year --period 4 --target unemp --report build/economy.html
echo "report: build/economy.html"
table=$(table co2)
timeout 60 "$lagoon" series "$table" --time date --column co2 --period 52 --report build/co2.html
echo "report: build/co2.html"
timeout 60 "$lagoon" learn "$(table randhie)" --target mdvis --model linear --folds 5
build release examples/example_15_live_stream
build/release/examples/example_15_live_stream
