package io.streamsocial.bench;

/** One way to do the job. Runs alone in its process; made, run and closed by one thread. */
interface Contender extends AutoCloseable {

  /** Begins; returns at once, or when there is nothing left to do. */
  void start();

  /** Posts whose effect is committed; any thread. */
  long processed();

  /** Whether all posts are counted and everything in between is empty. */
  boolean isDone();

  /** Ends in order and fingerprints all counts, read from where a user would read them. */
  Digest result();

  /** Bytes sent to its repartition or shuffle topic, as compressed on the wire. */
  default long shuffleBytes() {
    return 0;
  }

  /** Bytes sent to its changelogs, as compressed on the wire. */
  default long changelogBytes() {
    return 0;
  }

  @Override
  void close();
}
