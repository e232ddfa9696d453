// Lints an OpenAPI document: `node lint_openapi.mjs FILE` prints what is wrong with it, and fails if anything is.

import { createConfig, lint } from "@redocly/openapi-core";

const rules = {
  "info-license": "off", // whose it is, and on what terms, is not for the API to say
};
const config = await createConfig({ extends: ["recommended-strict"], rules });
const problems = await lint({ ref: process.argv[2], config });
for (const { ruleId, message, location } of problems) console.log(`${location[0]?.pointer}: ${message} (${ruleId})`);
process.exit(problems.length ? 1 : 0);
