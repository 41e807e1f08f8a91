package io.streamsocial.bench.contender;

import io.streamsocial.bench.posts.Digest;

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

  /** Keys in its state that the result leaves out; known once there is a result. */
  default long furtherKeys() {
    return 0;
  }

  /** How far a start on an empty disk has come. */
  enum Rebuild {
    /** Joins its group, makes its clients. */
    STARTING,
    READING,
    /** Runs, with nothing left to read from a changelog. */
    DONE
  }

  Rebuild rebuild();

  /** Changelog records read since the start. */
  long restoredRecords();

  @Override
  void close();
}
