/** Requests to the server, repeated until there is a usable response or too many have failed. */

/** No usable response after as many attempts as make sense: nothing is lost, try again later. */
export class Unreachable extends Error {
    constructor(
        message = "",
        /** Why the server could not, where it said so. */
        readonly code = "",
    ) {
        super(message);
    }
}

/** The token is missing or bad: the queue is kept, log in again. */
export class LoggedOut extends Error {}

/** The server refuses; trying again does not help. */
export class Refused extends Error {
    constructor(
        readonly status: number,
        readonly code: string,
        detail: string,
        readonly errors: Record<string, string[]> = {},
        /** The values in the detail. */
        readonly values: Record<string, unknown> = {},
    ) {
        super(detail);
    }
}

export interface Patience {
    /** How often a request is made before it counts as unreachable. */
    attempts: number;
    /** Bounds of the random pause before another attempt, in milliseconds; the bound doubles each time. */
    pause: number;
    longestPause: number;
    /** Milliseconds after which a response no longer comes. */
    timeout: number;
}

export const PATIENCE: Patience = { attempts: 5, pause: 500, longestPause: 60_000, timeout: 60_000 };

export interface Call {
    method?: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
    token?: string | null;
    body?: unknown;
    /** Whether to wait as long as a server wants that is asked too often, since no user waits for the answer. */
    isPatient?: boolean;
    /** Ends the request where the answer is no longer wanted; then it throws what `fetch` throws. */
    signal?: AbortSignal;
}

/**
 * Only JSON with a `code` counts as a refusal: the login page of a hotel, or a proxy's 404, is no response of the
 * server, and must neither log the user out nor lose an action.
 */
export async function request<T>(url: string, call: Call = {}, patience: Patience = PATIENCE): Promise<T> {
    let problem: unknown;
    for (let attempt = 0; attempt < patience.attempts; attempt++) {
        if (attempt) await sleep(pauseOf(problem, attempt - 1, patience));
        try {
            return (await respond(url, call, patience.timeout)) as T;
        } catch (error) {
            if (error instanceof Refused || error instanceof Unreachable || call.signal?.aborted) throw error;
            problem = error;
        }
    }
    const { message, code = "" } = problem as Error & { code?: string };
    throw new Unreachable(message, code);
}

/** A failure of the server's, which may pass. */
class Unusable extends Error {
    constructor(
        detail: string,
        readonly code: string,
        readonly retryAfter: number,
    ) {
        super(detail);
    }
}

async function respond(url: string, call: Call, timeout: number): Promise<unknown> {
    const { method = "GET", token, body, signal, isPatient } = call;
    const late = AbortSignal.timeout(timeout);
    const response = await fetch(url, {
        method,
        headers: {
            Accept: "application/json",
            ...(token && { Authorization: `Bearer ${token}` }),
            ...(body !== undefined && { "Content-Type": "application/json" }),
        },
        body: body === undefined ? undefined : JSON.stringify(body),
        cache: "no-store",
        redirect: "error",
        signal: signal ? AbortSignal.any([signal, late]) : late,
    });
    if (response.status === 204) return null;
    if (response.ok) return await response.json();
    const told = (await response.json()) as { detail: string; code: string; errors?: Record<string, string[]> };
    const isOurs = typeof told.code === "string";
    const seconds = Number(response.headers.get("Retry-After")) || 0;
    if (isOurs && response.status < 500 && !(response.status === 429 && isPatient))
        throw new Refused(response.status, told.code, told.detail, told.errors, seconds ? { seconds } : {});
    // What nobody has set up is not there a moment later either.
    if (isOurs && told.code.endsWith("_not_configured")) throw new Unreachable(told.detail, told.code);
    throw new Unusable(isOurs ? told.detail : `status ${response.status}`, isOurs ? told.code : "", seconds);
}

function pauseOf(problem: unknown, failures: number, { pause, longestPause }: Patience): number {
    const asked = problem instanceof Unusable ? Math.min(longestPause, problem.retryAfter * 1000) : 0;
    return asked + Math.random() * Math.min(longestPause, pause * 2 ** failures); // so that clients do not retry in step
}

function sleep(milliseconds: number): Promise<void> {
    return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
