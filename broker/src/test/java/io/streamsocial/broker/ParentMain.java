package io.streamsocial.broker;

import java.nio.file.Path;

/** A JVM with a broker, to be killed. */
final class ParentMain {

  private ParentMain() {}

  public static void main(String[] args) throws InterruptedException {
    LocalBroker broker = LocalBroker.builder().dataDir(Path.of(args[0])).start();
    System.out.println(broker.pid(1));
    Thread.sleep(Long.MAX_VALUE);
  }
}
