/** What a page in TypeScript may write: it is compiled strictly, and never run. */

import { Switchboard, SwitchboardError, VoiceSession } from "../index.js";
import type { LiveItem, Restored, State, TranscriptItem } from "../index.js";

export async function use(audio: HTMLAudioElement): Promise<TranscriptItem[]> {
  const switchboard = new Switchboard("https://api.test", { token: async () => "jwt", log: false });
  const session: VoiceSession = await switchboard.create({ instructions: "Be brief.", mode: "relay", tools: [] });
  const quiet: () => void = session.on("audio", (voice) => (audio.srcObject = voice));
  session.on("state", (state: State) => state === "reconnecting" && quiet());
  session.on("call", (id) => id.startsWith("rtc_"));
  session.on("renewed", ({ restored, expiresAt }) => [restored, Date.parse(expiresAt)]);
  session.on("error", (error: SwitchboardError) => error.mayHeal && error.retryAfter);
  await session.connect(await navigator.mediaDevices.getUserMedia({ audio: true }));
  const restored: Restored = await session.renew();
  session.send({ type: "response.create", response: { instructions: restored } });
  for await (const event of session.stream({ lastEventId: "1", signal: AbortSignal.timeout(1000) })) {
    if (event.type === "end") break;
    const item: LiveItem = event.item;
    console.log(event.id, item.previousItemId, item.text?.length);
  }
  const { calls, costUsd } = await session.record();
  console.log(calls.map((call) => call.closedAt?.length), costUsd?.toFixed(2));
  const { profile } = await session.extract({ type: "object" }, { signal: AbortSignal.timeout(1000) });
  session.close();
  const kept: string | undefined = switchboard.guestToken;
  const fresh = new Switchboard("https://api.test", { guestToken: kept, token: (refused) => refused ?? "jwt" });
  await (await fresh.resume(session.id)).end().catch(() => profile);
  // @ts-expect-error: a session has no such event
  session.on("nothing", () => {});
  // @ts-expect-error: sessions are made by a Switchboard
  new VoiceSession();
  return session.transcript();
}
