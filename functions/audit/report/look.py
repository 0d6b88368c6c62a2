"""The page's look: light and dark as the reader's system has it; nothing is fetched."""

STYLE = """
:root { color-scheme: light dark; --ground: #ffffff; --text: #16191f; --quiet: #545b64; --line: #d5dbdb;
  --bad: #b0160c; --high: #8f2d00; --medium: #7a4a00; --low: #0b5cad; --fine: #1d6b0f;
  --drain: #0b5cad; --stop: #7a3fc4; --start: #1d6b0f; --grace: #8a4b00; --check: #545b64; }
@media (prefers-color-scheme: dark) { :root { --ground: #0f1b2a; --text: #eaeded; --quiet: #a7b3bf;
  --line: #3b4754; --bad: #ff8f85; --high: #ffab73; --medium: #f7b955; --low: #79b8ff; --fine: #7fd36b;
  --drain: #79b8ff; --stop: #bf9bf5; --start: #7fd36b; --grace: #f7b955; --check: #a7b3bf; } }
body { background: var(--ground); color: var(--text); margin: 0 auto; max-width: 64rem; padding: 1rem;
  font: 15px/1.5 system-ui, "Helvetica Neue", Arial, sans-serif; }
h1, h2, h3 { line-height: 1.25; margin: 1.6em 0 .4em; overflow-wrap: anywhere; }
h1 { margin-top: 0; }
section { border-top: 1px solid var(--line); }
table { border-collapse: collapse; width: 100%; table-layout: fixed; }
th, td { text-align: left; vertical-align: top; padding: 4px 8px 4px 0; border-bottom: 1px solid var(--line);
  overflow-wrap: anywhere; }
th { color: var(--quiet); font-weight: 600; }
col.severity { width: 6rem; } col.rule { width: 5rem; } col.place { width: 30%; }
a { color: var(--low); }
svg { display: block; width: 100%; max-width: 48rem; height: auto; }
svg text { font: 11px system-ui, "Helvetica Neue", Arial, sans-serif; fill: var(--text); }
.tick { stroke: var(--line); } .mark { stroke: var(--text); stroke-dasharray: 3 3; }
.limit { stroke: var(--bad); stroke-width: 2; }
.drain { fill: var(--drain); } .stop { fill: var(--stop); } .start { fill: var(--start); }
.grace { fill: var(--grace); } .check { fill: var(--check); } .late { fill: var(--bad); }
.ERROR { color: var(--bad); font-weight: 600; } .HIGH { color: var(--high); font-weight: 600; }
.MEDIUM { color: var(--medium); } .LOW { color: var(--low); } .INFO, .quiet { color: var(--quiet); }
.score { font-size: 1.1em; }
svg.trend { width: 12rem; height: 2rem; } polyline.trend { fill: none; stroke: var(--low); stroke-width: 2; }
"""
