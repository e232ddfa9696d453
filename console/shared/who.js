/** Who is asking: a user by a token that is kept as long as this tab, else a guest. */

import { Switchboard } from "../clients/js/index.js";
import { AgentClient } from "../clients/agent/agent.js";

const GUEST = "switchboard.guest";

export class Who {
  /** On another origin than the page's the guest's cookie does not travel: there the guest's token is kept and shown. */
  constructor({ api, upstream, token }) {
    this.api = api;
    this.callsUrl = `${upstream}/realtime/calls`;
    this.token = token || undefined;
    this.elsewhere = new URL(api).origin !== location.origin;
  }

  get isUser() { return Boolean(this.token); }
  get guestToken() { return (this.elsewhere && !this.token && localStorage.getItem(GUEST)) || undefined; }

  /** The name to show: what the token says of its user, unchecked, as the API does the checking. */
  get name() {
    if (!this.token) return "Guest";
    try {
      const claims = JSON.parse(atob(this.token.split(".")[1].replaceAll("-", "+").replaceAll("_", "/")));
      return claims.email || claims.sub || "User";
    } catch {
      return "User";
    }
  }

  headers() {
    if (this.token) return { authorization: `Bearer ${this.token}` };
    return this.guestToken ? { "x-guest-token": this.guestToken } : {};
  }

  /** Stay the guest that the API has made of us. */
  keep(guestToken) {
    if (guestToken && this.elsewhere && !this.token) localStorage.setItem(GUEST, guestToken);
  }

  /** A client for voice sessions, as this caller. */
  switchboard() {
    return new Switchboard(this.api, { token: this.token, guestToken: this.guestToken, callsUrl: this.callsUrl });
  }

  /** A client of the text agent, as this caller. */
  agent(sessionId) {
    const headers = this.token ? this.headers() : {};
    return new AgentClient({ baseUrl: this.api, headers, guestToken: this.guestToken, sessionId });
  }
}
