/** Version of the program, as `musicfs version` and `musicfs status` show it. */
export const VERSION = "0.1.0";
