package io.streamsocial.cli.faults;

import java.io.IOException;
import java.time.Duration;

/**
 * Something that happens to an instance, and ends again.
 *
 * @param impose called again each second while it lasts
 * @param lift after it the instance has all that it needs
 */
record Fault(String name, Step impose, Step lift) {
  /** What is done to an instance. */
  @FunctionalInterface
  interface Step {
    void on(Member member) throws IOException, InterruptedException;
  }

  /** kill -9, and a start when it ends. */
  static Fault kill() {
    return new Fault("kill -9", Member::kill, Member::start);
  }

  /** The wall clock of the process is set so far ahead, negative for behind, and back. */
  static Fault clockStep(Duration ahead) {
    return new Fault(
        "clock " + ahead,
        member -> member.moveClock(ahead),
        member -> member.moveClock(Duration.ZERO));
  }

  /** No broker for the instance, and the instance for no other one. */
  static Fault cut(Link.State how) {
    return new Fault(
        "cut " + how, member -> member.link(how), member -> member.link(Link.State.WHOLE));
  }

  /** The disk of its state has no room; what it gives back is taken, too. */
  static Fault fullDisk() {
    return new Fault("full disk", member -> member.disk.fill(), member -> member.disk.free());
  }
}
