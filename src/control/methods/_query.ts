import { shape } from "../../base/mod.ts";

export const QUERY = shape.about(
  "Words of artist, album and title, or a path below the mount point; / for all.",
  shape.text,
);
