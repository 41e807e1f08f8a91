package io.streamsocial.cli.state;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.streamsocial.processor.EngineState;
import io.streamsocial.processor.loop.Engine;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.common.config.ConfigResource;
import org.junit.jupiter.api.Test;

/** doctor on a Kafka that has what serve needs, and on one that has not. */
final class DoctorIT extends OperatorCase {
  @Test
  void doctorSaysWhatToDo() throws Exception {
    Path state = temp.resolve("state");
    assertThat(doctor(state, "--json")).as(out.toString()).isZero();
    JsonNode json = JSON.readTree(out.toString());
    assertThat(json.path("ok").asBoolean()).isTrue();
    assertThat(json.path("checks").findValuesAsText("name"))
        .contains("brokers", "transactions", "topic " + topic, "disk", "memory", "port", "clock")
        .contains("access to topic " + topic);
    assertThat(out.toString()).contains("does not exist yet, the first start creates it");
    assertThat(state).as("nothing is created").doesNotExist();
    produce(100, 10, 0);
    try (Engine engine = count(state)) {
      assertThat(doctor(state)).as("a second one beside it").isEqualTo(3);
      assertThat(engine.status().state()).isEqualTo(EngineState.RUNNING);
    }
    assertThat(doctor(state)).as(out.toString()).isZero();
    assertThat(out.toString()).contains("every row can be read", "transaction.version is 2");
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrap))) {
      admin
          .incrementalAlterConfigs(
              Map.of(
                  new ConfigResource(ConfigResource.Type.TOPIC, app + "-shuffle"),
                  List.of(
                      new AlterConfigOp(
                          new ConfigEntry("retention.ms", "1000"), AlterConfigOp.OpType.SET))))
          .all()
          .get();
    }
    try (ServerSocket taken = new ServerSocket(0)) {
      String port = Integer.toString(taken.getLocalPort());
      assertThat(
              doctor(
                  state,
                  "--port",
                  port,
                  "--host",
                  "0.0.0.0",
                  "--insecure",
                  "--shuffle-partitions",
                  "5",
                  "--topic",
                  "no.such.topic",
                  "--store-memory-bytes",
                  Long.toString(1L << 40)))
          .isEqualTo(3);
      assertThat(out.toString())
          .contains("retention.ms=1000, needed is -1", "kafka-configs.sh", "configured are 5")
          .contains("'no.such.topic' does not exist", "kafka-topics.sh")
          .contains(port + " on 0.0.0.0 is in use by something else")
          .contains("lower --store-memory-bytes");
    }
    itPrintsAccessLists(state);
    itSaysThatNoBrokerAnswers(state);
  }

  private void itPrintsAccessLists(Path state) {
    assertThat(doctor(state, "--acls", "--for", "serve", "--principal", "User:me")).isZero();
    assertThat(out.toString().lines().filter(line -> !line.startsWith("#")))
        .hasSize(6)
        .allMatch(line -> line.startsWith("kafka-acls.sh --bootstrap-server " + bootstrap))
        .anyMatch(line -> line.contains("--topic '" + changelog + "'"))
        .anyMatch(
            line ->
                line.endsWith(
                    "--transactional-id '" + app + "-' --resource-pattern-type prefixed"));
    assertThat(doctor(state, "--acls")).isZero();
    assertThat(out.toString())
        .contains("# serve\n", "# serve: POST /api/posts\n", "# restore\n", "# verify\n")
        .contains("# reset --topics\n", "--allow-principal 'User:trending'");
  }

  private void itSaysThatNoBrokerAnswers(Path state) {
    assertThat(
            run(
                "doctor",
                "--bootstrap",
                "localhost:1",
                "--port=0",
                "--state-dir=" + state,
                "--kafka.admin.default.api.timeout.ms=1000",
                "--kafka.admin.request.timeout.ms=900"))
        .isEqualTo(3);
    assertThat(out.toString())
        .contains("no answer at localhost:1", "the brokers must answer first");
  }
}
