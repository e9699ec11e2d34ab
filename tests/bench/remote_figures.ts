import type { BenchResults, Figure } from "./figures.ts";
import type { ContentFigures } from "./measured_content.ts";

/** The figures of reads from the cache, with their targets. */
export function contentRows(content: ContentFigures | undefined): Figure[] {
  const row = rowOf("content");
  const { musicfs: read, ...readPeers } = content?.readMbS ?? {};
  const { musicfs: small, ...smallPeers } = content?.smallUs ?? {};
  const { musicfs: beside, ...besidePeers } = content?.besideUs ?? {};
  const few = (ms: number | undefined) => ({ "10 readers": ms });
  return [
    row(
      "cached, first read",
      "MB/s",
      read,
      "1,000, 3 times rclone",
      readPeers,
      (own) => own >= 1_000 && own >= 3 * (readPeers.rclone ?? 0),
    ),
    row(
      "cached, random 4 KiB p50",
      "us",
      beside,
      "within 1.5 of plain",
      besidePeers,
      (own) => besidePeers.plain !== undefined && own <= 1.5 * besidePeers.plain,
    ),
    row("the same, on two CPUs", "us", small, "(wakes the other)", smallPeers),
    row(
      "100 players, 128 KiB p99",
      "ms",
      content?.paced.many,
      "2 times that of 10",
      few(content?.paced.few),
      (own) => own < 2 * content!.paced.few,
    ),
    row(
      "100 greedy readers, 128 KiB p99",
      "ms",
      content?.greedy.many,
      "(they queue)",
      few(content?.greedy.few),
    ),
    row("open at once, each read", "files", content?.load.open, "1,500", {}, (own) => own >= 1_500),
    row("memory under that load", "MB", content?.load.memory, "< 500", {}, (own) => own < 500),
  ];
}

/** The figures of reads from an origin, with their targets. */
export function remoteRows(
  { s3, sftp }: BenchResults["remote"],
  scan: BenchResults["remoteScan"],
): Figure[] {
  const row = rowOf("remote");
  const first = (name: string, by: Record<string, number> = {}) => {
    const { musicfs, ...peers } = by;
    return row(`first byte, ${name}, 20 ms`, "ms", musicfs, "< 100", peers, (own) => own < 100);
  };
  const far = (name: string, by: Record<string, number> = {}) => {
    const { musicfs, ...peers } = by;
    const [peer = "its peer", other] = Object.entries(peers)[0] ?? [];
    return row(
      `read, ${name}, 50 ms`,
      "MB/s",
      musicfs,
      `2 times ${peer}`,
      peers,
      (own) => other !== undefined && own >= 2 * other,
    );
  };
  const near = (name: string, by: Record<string, number> = {}, most?: number) => {
    const { musicfs, ...peers } = by;
    return most === undefined
      ? row(`read, ${name}`, "MB/s", musicfs, "-", peers)
      : row(`read, ${name}`, "MB/s", musicfs, `${most}`, peers, (own) => own >= most);
  };
  const scanned = (name: string, rate: number | undefined) =>
    row(`first scan, ${name}, 20 ms`, "tracks/s", rate, "200", {}, (own) => own >= 200);
  return [
    first("S3", s3?.firstByte),
    first("SFTP", sftp?.firstByte),
    far("S3", s3?.far),
    far("SFTP", sftp?.far),
    near("S3", s3?.near),
    near("SFTP", sftp?.near, 100),
    scanned("S3", scan.s3),
    scanned("SFTP", scan.sftp),
  ];
}

function rowOf(group: Figure["group"]) {
  return (
    name: string,
    unit: string,
    musicfs: number | undefined,
    target: string,
    peers: Figure["peers"],
    holds?: (own: number) => boolean,
  ): Figure => ({
    group,
    name,
    unit,
    musicfs,
    peers,
    target,
    reached: musicfs === undefined ? undefined : holds?.(musicfs),
  });
}
