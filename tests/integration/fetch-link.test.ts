/** Links against servers on this machine: what is public is told by the test, everything else is the real thing. */

import { readFile } from "node:fs/promises";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it, onTestFinished } from "vitest";
import { createFetchLink, type FetchLinkDeps, isPublicAddress } from "../../bots/chat/fetch-link.ts";
import { scratchFolder } from "../support/scratch-folder.ts";

const BYTES = Buffer.concat([Buffer.from("\0\0\0\x20ftypisom"), Buffer.alloc(5000, 7)]);

async function serve(listener: RequestListener): Promise<number> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

/** `public.example` leads to this machine, and passes for public; so does nothing else. */
const ALLOWING: FetchLinkDeps = {
  allowPlainHttp: true,
  lookUp: async (name) => (name === "public.example" ? ["127.0.0.1"] : ["10.0.0.1"]),
  isPublic: (address) => address === "127.0.0.1",
  waitMs: 1,
};

async function fetched(url: string, deps = ALLOWING, maxBytes = 1e6): Promise<Buffer> {
  const path = join(await scratchFolder(), "clip");
  await createFetchLink(deps)(url, path, { maxBytes, signal: new AbortController().signal });
  return readFile(path);
}

describe("a link", () => {
  it("is fetched, with nothing that tells who asks", async () => {
    let seen: Record<string, unknown> = {};
    const port = await serve((request, response) => {
      seen = request.headers;
      response.end(BYTES);
    });
    expect(await fetched(`http://public.example:${port}/dog.mp4`)).toEqual(BYTES);
    expect(Object.keys(seen).sort()).toEqual(["accept", "accept-encoding", "connection", "host", "user-agent"]);
    expect(seen["host"]).toBe(`public.example:${port}`);
  });

  it("goes on by Range where it was cut", async () => {
    let requests = 0;
    const port = await serve((request, response) => {
      requests += 1;
      const from = Number(/bytes=(\d+)-/.exec(request.headers.range ?? "")?.[1] ?? 0);
      const range = { "content-range": `bytes ${from}-${BYTES.length - 1}/${BYTES.length}` };
      response.writeHead(from > 0 ? 206 : 200, { "content-length": BYTES.length - from, ...(from > 0 && range) });
      if (requests < 4) response.write(BYTES.subarray(from, from + 1000), () => response.destroy());
      else response.end(BYTES.subarray(from));
    });
    expect(await fetched(`http://public.example:${port}/dog.mp4`)).toEqual(BYTES);
    expect(requests).toBe(4);
  });

  it("is blocked when it leads to an address that is not public, itself or by a redirect", async () => {
    let reached = 0;
    const inner = await serve((_request, response) => {
      reached += 1;
      response.end("secret");
    });
    const outer = await serve((request, response) => {
      response.writeHead(302, { location: decodeURIComponent(request.url?.slice(2) ?? "") });
      response.end();
    });
    const deps = { ...ALLOWING, isPublic: (address: string) => address === "127.0.0.1" };
    for (const to of [
      `http://inside.example:${inner}/`,
      `http://10.0.0.1:${inner}/`,
      `http://[::1]:${inner}/`,
      "file:///etc/passwd",
    ]) {
      const link = `http://public.example:${outer}/?${encodeURIComponent(to)}`;
      await expect(fetched(link, deps)).rejects.toMatchObject({ code: "source.blocked" });
      await expect(fetched(to, deps)).rejects.toMatchObject({ code: "source.blocked" });
    }
    expect(reached).toBe(0);
  });

  it("is connected to the address that was checked, whatever the name says later", async () => {
    let lookUps = 0;
    const port = await serve((_request, response) => response.end(BYTES));
    const deps: FetchLinkDeps = {
      ...ALLOWING,
      // The second answer would be another machine; nobody asks twice.
      lookUp: async () => (++lookUps === 1 ? ["127.0.0.1"] : ["127.0.0.2"]),
    };
    expect(await fetched(`http://public.example:${port}/dog.mp4`, deps)).toEqual(BYTES);
    expect(lookUps).toBe(1);
  });

  it("is blocked when one of several addresses is not public", async () => {
    const deps = { ...ALLOWING, lookUp: async () => ["127.0.0.1", "192.168.0.1"] };
    await expect(fetched("http://public.example:1/x.mp4", deps)).rejects.toMatchObject({ code: "source.blocked" });
  });

  it("is blocked when it goes in circles", async () => {
    const port = await serve((_request, response) => {
      response.writeHead(302, { location: "/again" });
      response.end();
    });
    await expect(fetched(`http://public.example:${port}/`)).rejects.toMatchObject({ code: "source.blocked" });
  });

  it("to a web page is not media, and one that is too large is not fetched", async () => {
    const page = await serve((_request, response) => response.end("<!doctype html><html>".padEnd(700)));
    await expect(fetched(`http://public.example:${page}/x.mp4`)).rejects.toMatchObject({ code: "source.not_media" });
    const large = await serve((_request, response) => response.end(BYTES));
    await expect(fetched(`http://public.example:${large}/x.mp4`, ALLOWING, 1000)).rejects.toMatchObject({
      code: "clip.too_large",
    });
  });

  it("that takes too long is unreachable", async () => {
    const port = await serve((_request, response) => void response.write("slow"));
    const slow = fetched(`http://public.example:${port}/x.mp4`, { ...ALLOWING, timeoutMs: 200 });
    await expect(slow).rejects.toMatchObject({ code: "source.unreachable" });
  });

  it.each([
    "http://example.com/x.mp4",
    "https://user:pass@example.com/x.mp4",
    "https://example.com:8443/x.mp4",
    "https://127.0.0.1/x.mp4",
    "https://2130706433/x.mp4",
    "https://0x7f.1/x.mp4",
    "https://017700000001/x.mp4",
    "https://[::ffff:127.0.0.1]/x.mp4",
    "https://[::1]/x.mp4",
    "https://169.254.169.254/latest/meta-data.mp4",
    "https://localhost/x.mp4",
    "ftp://example.com/x.mp4",
  ])("as people are served it does not open %s", async (url) => {
    await expect(fetched(url, { waitMs: 1 })).rejects.toMatchObject({ code: "source.blocked" });
  });
});

describe("isPublicAddress", () => {
  it.each(["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c", "::ffff:8.8.8.8"])("lets %s", (address) =>
    expect(isPublicAddress(address)).toBe(true),
  );

  it.each([
    ...["0.0.0.0", "10.1.2.3", "100.64.0.1", "127.9.9.9", "169.254.1.1", "172.16.0.1", "192.168.1.1", "224.0.0.1"],
    ...["255.255.255.255", "::", "::1", "fc00::1", "fe80::1", "ff02::1", "::ffff:10.0.0.1", "64:ff9b::a00:1"],
    ...["2002:a00:1::", "2001:0:1::1", "192.0.2.1", "not an address", ""],
  ])("refuses %s", (address) => expect(isPublicAddress(address)).toBe(false));

  it("refuses every address of the private IPv4 networks, also inside IPv6", () => {
    const byte = fc.integer({ min: 0, max: 255 });
    const privates = fc.oneof(
      fc.tuple(fc.constant(10), byte, byte, byte),
      fc.tuple(fc.constant(127), byte, byte, byte),
      fc.tuple(fc.constant(192), fc.constant(168), byte, byte),
      fc.tuple(fc.constant(172), fc.integer({ min: 16, max: 31 }), byte, byte),
    );
    fc.assert(
      fc.property(
        privates,
        (parts) => !isPublicAddress(parts.join(".")) && !isPublicAddress(`::ffff:${parts.join(".")}`),
      ),
    );
  });
});
