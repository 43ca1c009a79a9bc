#!/usr/bin/env bash
# Shows the feedback for each lesson that differs from its starter. Exit 1 when work is left.
set -uo pipefail
cd "$(dirname "$0")/.."
python="${PYTHON:-python}"
summary="${GITHUB_STEP_SUMMARY:-/dev/null}"
token="$("$python" -c 'import secrets; print(secrets.token_hex(16))')"
status=0 seen=0

for starter in starters/*/; do
  slug="$(basename "$starter")"
  changed=0
  for file in "$starter"*; do
    cmp -s "$file" "lessons/$slug/$(basename "$file")" || changed=1
  done
  [ "$changed" = 1 ] || continue
  seen=1
  # What a submission prints must not become a command of the workflow.
  [ -z "${GITHUB_ACTIONS:-}" ] || echo "::stop-commands::$token"
  said="$("$python" -m workbook check "${slug%%_*}" 2>&1)" || status=1
  printf '%s\n\n' "$said"
  [ -z "${GITHUB_ACTIONS:-}" ] || echo "::$token::"
  { printf '### %s\n\n' "$slug"; printf '%s\n' "$said" | sed 's/^/    /'; echo; } >> "$summary"
done

if [ "$seen" = 0 ]; then
  echo "Nothing has been changed yet. Begin with: python3 run.py learn" | tee -a "$summary"
fi
exit "$status"
