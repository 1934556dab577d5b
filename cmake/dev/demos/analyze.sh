# SPDX-License-Identifier: Apache-2.0
# Describes each column of a real table and writes a report with plots.

table=$(table randhie)
timeout 120 "$lagoon" analyze "$table" --report build/report.html
echo "report: build/report.html"
