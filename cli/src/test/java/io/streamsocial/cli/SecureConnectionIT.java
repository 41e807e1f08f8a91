package io.streamsocial.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.streamsocial.http.fixture.LogLines;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** A Kafka with TLS and logins: a connection that fails is explained. */
final class SecureConnectionIT extends SecureKafkaCase {
  private record Wrong(String bootstrap, Map<String, String> kafka, String cause, String cure) {}

  @Test
  void aConnectionThatCannotBeMadeIsExplainedInOneLine() throws Exception {
    kafka.addUser(user);
    List<Wrong> cases =
        List.of(
            new Wrong(
                kafka.bootstrap(SecureKafka.EXPIRED),
                kafka.client(user),
                "their certificate has expired",
                "renew it"),
            new Wrong(
                kafka.bootstrap(SecureKafka.OTHERHOST),
                kafka.client(user),
                "their certificate is for another host",
                "use a name from the certificate"),
            new Wrong(
                kafka.bootstrap(SecureKafka.SECURE),
                kafka.clientWithOtherAuthority(user),
                "nobody who is trusted here",
                "kafka.ssl.truststore.location"),
            new Wrong(
                kafka.bootstrap(SecureKafka.SECURE),
                kafka.client(user, "wrong-password"),
                "refuse the login of User:" + user,
                "check user and password"),
            new Wrong(
                kafka.bootstrap(SecureKafka.SECURE),
                Map.of(),
                "want TLS, and security.protocol is PLAINTEXT",
                "set kafka.security.protocol to SSL, or to SASL_SSL"),
            new Wrong(
                kafka.plain(),
                kafka.client(user),
                "speak no TLS, and security.protocol is SASL_SSL",
                "set kafka.security.protocol to PLAINTEXT"));
    for (Wrong wrong : cases) {
      for (String command : List.of("serve", "doctor")) {
        explains(command, wrong);
      }
    }
  }

  private void explains(String command, Wrong wrong) {
    // As long as without it, only sooner: what says nothing is given up on. A machine that did not
    // come to shake hands in that time is given more.
    for (int timeoutMs = 3_000; ; timeoutMs *= 5) {
      try (LogLines said = new LogLines()) {
        long begunNanos = System.nanoTime();
        List<String> line =
            new ArrayList<>(
                List.of(
                    command,
                    "--port=0",
                    "--state-dir=" + temp.resolve("none"),
                    "--bootstrap=" + wrong.bootstrap,
                    "--kafka.admin.request.timeout.ms=" + (timeoutMs - 100),
                    "--kafka.admin.default.api.timeout.ms=" + timeoutMs));
        wrong.kafka.forEach((key, value) -> line.add("--kafka." + key + "=" + value));
        int code = run(line);
        double seconds = (System.nanoTime() - begunNanos) / 1e9;
        assertThat(code).as(out + "\n" + err).isEqualTo(command.equals("serve") ? 1 : 3);
        String told = command.equals("serve") ? err.toString() : out.toString();
        if (!told.contains(wrong.cause) && timeoutMs < 60_000) {
          continue;
        }
        assertThat(told.lines().filter(each -> each.contains(wrong.cause)))
            .as("%s of %s says in one line", command, told)
            .singleElement()
            .asString()
            .contains(wrong.cure, wrong.bootstrap);
        assertThat(told).doesNotContain("Exception");
        assertThat(seconds).isLessThan(timeoutMs / 1_000.0 + 30);
        assertThat(said.warnings().size())
            .as("%s", said.warnings())
            .isLessThan((int) (20 * Math.max(3, seconds)));
        return;
      }
    }
  }
}
