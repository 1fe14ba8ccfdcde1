/** This copy's version, from its own package.json: two levels above dist/lib. */
export const PACKAGE_VERSION: string = (require('../../package.json') as { version: string })
  .version
