package io.streamsocial.bench;

import io.streamsocial.bench.posts.PostFeed;
import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** A producer at a rate in its own process, until its input ends; other commands start it. */
@Command(name = "feed", hidden = true)
final class Feed implements Callable<Integer> {
  @Option(names = "--bootstrap")
  String bootstrap = "";

  @Option(names = "--topic")
  String topic = "";

  @Option(names = "--tags")
  int tags;

  @Option(names = "--rate")
  int rate;

  private volatile boolean ended;

  @Override
  public Integer call() {
    Thread parent = new Thread(this::awaitEnd, "parent-watch");
    parent.setDaemon(true);
    parent.start();
    try (PostFeed feed = new PostFeed(bootstrap, topic, tags)) {
      feed.stream(rate, () -> ended);
    }
    return 0;
  }

  /** Input ends with the parent, which holds the other end, even if it is killed. */
  private void awaitEnd() {
    try {
      while (System.in.read() >= 0) {
        // The parent writes nothing.
      }
    } catch (IOException e) {
      // The parent has ended too.
    }
    ended = true;
  }
}
