/** What went wrong with a request, as RFC 9457 has it; `code` is stable. */
export type Problem = {
  readonly status: number;
  readonly code: string;
  readonly title: string;
  readonly detail: string;
  /** Field by field, where several things are wrong with what was sent. */
  readonly errors?: readonly { readonly field: string; readonly message: string }[];
};

export function problemResponse(problem: Problem, headers: Readonly<Record<string, string>> = {}): Response {
  const body = { type: "about:blank", ...problem };
  return new Response(JSON.stringify(body), {
    status: problem.status,
    headers: { "content-type": "application/problem+json", ...headers },
  });
}
