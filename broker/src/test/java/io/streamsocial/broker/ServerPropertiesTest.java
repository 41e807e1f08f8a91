package io.streamsocial.broker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.List;
import java.util.Properties;
import org.junit.jupiter.api.Test;

final class ServerPropertiesTest {
  @Test
  void clientsAreToldToComeToTheAdvertisedPort() {
    BrokerConfig config = BrokerConfig.defaults().listenerBehind("LINK", 4711);
    Ports ports = new Ports(List.of(1001), List.of(1002), List.of(List.of(1003)));
    Properties server = ServerProperties.of(1, config, ports, Path.of("data"));
    assertThat(server)
        .containsEntry(
            "listeners",
            "PLAINTEXT://127.0.0.1:1001,CONTROLLER://127.0.0.1:1002,LINK://127.0.0.1:1003")
        .containsEntry("advertised.listeners", "PLAINTEXT://127.0.0.1:1001,LINK://127.0.0.1:4711");
    assertThat(StaleRegistration.controllerOnly(server, 1002))
        .as("which has no clients")
        .doesNotContainKey("advertised.listeners");
  }

  @Test
  void severalNodesCannotStandBehindOnePort() {
    assertThatThrownBy(
            () -> BrokerConfig.defaults().nodes(3).listenerBehind("LINK", 4711).requireValid())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("an advertised port is of one node, there are 3");
  }
}
