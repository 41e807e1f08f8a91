package io.streamsocial.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.streamsocial.cli.shell.ApiClient;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import org.junit.jupiter.api.Test;

class DemoTest {
  /** Asked again then: on a slow machine the first answer may not come in time. */
  @Test
  void noAnswerIsNoHashtagYet() throws Exception {
    try (ServerSocket deaf = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      Thread hangUp = new Thread(() -> hangUp(deaf), "hang-up");
      hangUp.setDaemon(true);
      hangUp.start();
      ApiClient api = new ApiClient("http://127.0.0.1:" + deaf.getLocalPort());
      assertThat(Demo.firstHashtag(api)).isEmpty();
    }
  }

  private static void hangUp(ServerSocket deaf) {
    try {
      while (true) {
        deaf.accept().close();
      }
    } catch (IOException e) {
      // The test is over.
    }
  }
}
