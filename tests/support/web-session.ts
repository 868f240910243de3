/** A browser's part in the sessions of the player: keeps the cookie, reads the form token off a page. */
export interface WebSession {
  readonly cookie: string;
  readonly formToken: string;
}

/** The session that a page hands out, e.g. `/`. */
export async function sessionFrom(response: Response, before?: WebSession): Promise<WebSession> {
  const cookie = response.headers.get("Set-Cookie")?.split(";")[0] ?? before?.cookie ?? "";
  const text = await response.text();
  const formToken = /(?:data-form="|name="form" value=")([\w-]+)"/.exec(text)?.[1] ?? "";
  return { cookie, formToken };
}
