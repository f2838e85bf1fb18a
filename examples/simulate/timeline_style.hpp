// SPDX-License-Identifier: Apache-2.0
// How the page looks. Colours are named once, for light and for dark; what they say stands in words beside them.
#pragma once

#include <string_view>

namespace simulate {

inline constexpr std::string_view timeline_style = R"css(
:root { color-scheme: light dark;
  --paper: #fbfbfa; --card: #ffffff; --ink: #1d2229; --soft: #667080; --line: #e2e5ea; --band: #f4f5f7; --grid: #edeff2;
  --provider: #c9d3e0; --customer: #63b58a; --moving: #f0c05a; --locked: #d9665f; --gone: #e4e6ea; --available: #8fb4e6; --active: #3f9e6e;
  --provider-ink: #2c3a4d; --customer-ink: #0d3a24; --moving-ink: #4b3500; --locked-ink: #ffffff; --gone-ink: #767f8c;
  --available-ink: #12325c; --active-ink: #ffffff;
  --no-lock: #7a6fd0; --no-activation: #3e8fb0; --no-unlock: #b0703e; --deletion: #b5453d; --good: #2f8a5b; --bad: #c8372d; --odd: #a4690b; }
@media (prefers-color-scheme: dark) { :root {
  --paper: #14171c; --card: #1b1f26; --ink: #e6e9ee; --soft: #97a1af; --line: #2d333d; --band: #20252d; --grid: #262c35;
  --provider: #4a586b; --customer: #2f7d56; --moving: #a67c1d; --locked: #a8433d; --gone: #2b3038; --available: #3d6299; --active: #2c8a5c;
  --provider-ink: #e2e9f2; --customer-ink: #e4f7ec; --moving-ink: #fff3d6; --locked-ink: #ffeceb; --gone-ink: #8b95a3;
  --available-ink: #e3eefc; --active-ink: #ecfbf3;
  --no-lock: #9d93ee; --no-activation: #62b4d6; --no-unlock: #d99a66; --deletion: #e5776f; --good: #5fc48f; --bad: #f0766c; --odd: #e0a94a; } }
* { box-sizing: border-box; }
body { margin: 0; padding: 32px; background: var(--paper); color: var(--ink); font: 14px/1.5 system-ui, "Segoe UI", Roboto, "Helvetica Neue", sans-serif; }
h1 { font-size: 22px; font-weight: 650; margin: 0 0 4px; letter-spacing: -.01em; }
h2 { font-size: 15px; font-weight: 650; margin: 36px 0 10px; }
.sub { color: var(--soft); margin: 0 0 22px; }
.sub b { color: var(--ink); font-weight: 600; }
.chart { display: flex; background: var(--card); border: 1px solid var(--line); border-radius: 10px; overflow: hidden; }
.names { flex: none; position: relative; border-right: 1px solid var(--line); font-size: 12px; background: var(--card); }
.names div { position: absolute; left: 16px; right: 10px; height: 24px; line-height: 24px; white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
.names .ring { font-weight: 650; font-size: 13px; }
.names .soft { color: var(--soft); }
.scroll { flex: 1; overflow-x: auto; }
.scroll svg { min-width: 100%; }
svg { display: block; font: 11px system-ui, "Segoe UI", Roboto, sans-serif; }
svg text { fill: var(--ink); }
svg .soft { fill: var(--soft); }
.band { fill: var(--band); } .grid { stroke: var(--grid); } .axis { stroke: var(--line); }
.seg { stroke: var(--card); stroke-width: 1.5; }
.provider_managed { fill: var(--provider); } .customer_managed { fill: var(--customer); }
.applying, .returning, .rewrapping, .unlocking, .overwriting, .resetting, .installing, .replaced { fill: var(--moving); }
.locking, .locked, .offline { fill: var(--locked); } .deleted, .retired { fill: var(--gone); }
.available { fill: var(--available); } .active, .granted { fill: var(--active); } .incomplete { fill: var(--moving); } .revoked { fill: var(--locked); }
svg text.provider_managed { fill: var(--provider-ink); } svg text.customer_managed { fill: var(--customer-ink); }
svg text.applying, svg text.returning, svg text.rewrapping, svg text.unlocking, svg text.overwriting, svg text.resetting, svg text.installing,
svg text.replaced { fill: var(--moving-ink); }
svg text.locking, svg text.locked, svg text.offline { fill: var(--locked-ink); }
svg text.deleted, svg text.retired { fill: var(--gone-ink); } svg text.available { fill: var(--available-ink); } svg text.active, svg text.granted { fill: var(--active-ink); }
svg text.incomplete { fill: var(--moving-ink); } svg text.revoked { fill: var(--locked-ink); }
.window { fill-opacity: .2; stroke-width: 1; } svg text.window { fill-opacity: 1; stroke: none; }
.no-lock { fill: var(--no-lock); stroke: var(--no-lock); } .no-activation { fill: var(--no-activation); stroke: var(--no-activation); }
.no-unlock { fill: var(--no-unlock); stroke: var(--no-unlock); } .deletion { fill: var(--deletion); stroke: var(--deletion); }
svg text.no-lock { fill: var(--no-lock); } svg text.no-activation { fill: var(--no-activation); } svg text.no-unlock { fill: var(--no-unlock); }
svg text.deletion { fill: var(--deletion); }
.dot { fill: var(--good); } .cross { stroke: var(--bad); stroke-width: 2.2; stroke-linecap: round; } .drop { stroke: var(--bad); stroke-dasharray: 2 3; opacity: .55; }
svg text.refused { fill: var(--bad); font-weight: 600; } svg text.error { fill: var(--odd); font-weight: 600; }
.legend { display: flex; flex-wrap: wrap; gap: 6px 18px; margin: 14px 2px 0; color: var(--soft); font-size: 12px; }
.legend svg { display: inline-block; vertical-align: -2px; margin-right: 6px; }
table { border-collapse: collapse; width: 100%; background: var(--card); border: 1px solid var(--line); border-radius: 10px; overflow: hidden; }
th, td { text-align: left; vertical-align: top; padding: 7px 12px; border-top: 1px solid var(--line); }
thead th { border-top: 0; color: var(--soft); font-weight: 600; font-size: 12px; background: var(--band); }
td.n, td.t { color: var(--soft); font-variant-numeric: tabular-nums; white-space: nowrap; }
td.allowed { color: var(--good); font-weight: 600; } td.refused { color: var(--bad); font-weight: 600; } td.error { color: var(--odd); font-weight: 600; }
td .note { color: var(--soft); font-style: italic; }
@media print { body { padding: 0; } .scroll { overflow: visible; } }
)css";

} // namespace simulate
