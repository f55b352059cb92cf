// Who is there now? Visitors of the last five minutes, the last half hour by the minute, and the newest events as they come.

import { get, serverNow } from "../lib/api.js";
import { queryOf } from "../lib/query.js";
import { liveParts } from "../parts/liveparts.js";
import { Stream } from "../parts/stream.js";

export const live = {
  uses: { filters: true },
  bones: ["figures", "chart"],
  fresh: false,
  async load(ctx, signal) {
    const query = queryOf(ctx.state, ctx.clock, {}, { filters: true });
    const report = await get("realtime", query, signal);
    for (const { product, name } of report.products) if (name) ctx.names.set(product, name);
    return { report, query };
  },
  draw(ctx, { report, query }) {
    ctx.liveParts = liveParts(ctx, report, query);
    return ctx.liveParts.nodes;
  },
  start(ctx, body, { query }) {
    const parts = ctx.liveParts;
    const stream = new Stream(`/api/live?${query}`, {
      events: (events) => parts.arrived(events),
      numbers: (numbers) => {
        ctx.updated = numbers.updated;
        parts.counted(numbers);
      },
      alive: () => (ctx.updated = new Date(serverNow()).toISOString()),
      state: (state) => parts.connection(state),
    });
    const visible = () => (document.visibilityState === "visible" ? stream.open() : stream.close());
    document.addEventListener("visibilitychange", visible);
    stream.open();
    return () => {
      document.removeEventListener("visibilitychange", visible);
      stream.close();
    };
  },
};

