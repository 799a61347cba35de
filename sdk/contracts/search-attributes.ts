/**
 * What runs can be searched by in Temporal's UI, with the attribute's type. SQL visibility stores allow no more than
 * three KeywordList attributes and ten Keyword attributes a namespace.
 */
export const searchAttributes = {
  SluiceContainer: "Keyword",
  SluiceTenant: "Keyword",
  SluiceSite: "Keyword",
  SluiceState: "Keyword",
  SluiceObject: "Keyword",
  SluiceFingerprint: "Keyword",
  SluiceContentType: "KeywordList",
  SluiceDag: "KeywordList",
  SluicePlan: "KeywordList",
} as const;

export type SearchAttributeName = keyof typeof searchAttributes;
