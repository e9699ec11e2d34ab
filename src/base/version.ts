/** Version of the program, as `musicfs version` and `status` say it. */
export const VERSION = "0.1.0";
