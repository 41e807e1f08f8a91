package io.streamsocial.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StateDirectoryTest {
  @TempDir Path temp;

  @Test
  void secondLockIsRefusedAndNamesTheHolder() {
    Path root = temp.resolve("not/yet/there");
    try (StateDirectory first = StateDirectory.lock(root)) {
      assertThat(first.task(3)).isEqualTo(root.resolve("task-3"));
      assertRefused(root);
    }
  }

  private static void assertRefused(Path root) {
    assertThatThrownBy(() -> StateDirectory.lock(root))
        .isInstanceOfSatisfying(
            StoreException.class, e -> assertThat(e.kind()).isEqualTo(StoreException.Kind.LOCKED))
        .hasMessageContaining("pid " + ProcessHandle.current().pid())
        .hasMessageContaining(root.toString());
  }

  @Test
  void lockIsFreeAgainAfterClose() {
    for (int i = 0; i < 3; i++) {
      StateDirectory.lock(temp).close();
    }
  }

  @Test
  void closingTwiceDoesNotFreeTheNextHoldersLock() {
    StateDirectory first = StateDirectory.lock(temp);
    first.close();
    try (StateDirectory second = StateDirectory.lock(temp)) {
      first.close();
      assertThat(second.task(0).getParent()).isEqualTo(temp);
      assertRefused(temp);
    }
  }

  @Test
  void anotherProcessIsRefusedEvenAfterThisOneTriedTwice() throws Exception {
    try (StateDirectory held = StateDirectory.lock(temp)) {
      assertRefused(temp);
      assertThat(lockInAnotherProcess())
          .contains("LOCKED")
          .contains("pid " + ProcessHandle.current().pid());
      assertThat(held.task(0).getParent()).isEqualTo(temp);
    }
    assertThat(lockInAnotherProcess()).contains("locked by me");
  }

  @Test
  void aDeletedDirectoryComesBackWithItsLockAndItsNotes() throws Exception {
    try (StateDirectory held = StateDirectory.lock(temp)) {
      held.keepNote(".note", "this one");
      assertThat(held.hold()).isTrue();
      deleteAll();
      assertThat(held.hold()).as("it had to come back").isFalse();
      assertThat(held.hold()).isTrue();
      assertThat(temp.resolve(".note")).hasContent("this one");
      assertThat(lockInAnotherProcess())
          .contains("LOCKED")
          .contains("pid " + ProcessHandle.current().pid());
    }
    assertThat(lockInAnotherProcess()).contains("locked by me");
  }

  @Test
  void aDeletedDirectoryThatAnotherProcessHasTakenStaysItsOwn() throws Exception {
    try (StateDirectory held = StateDirectory.lock(temp)) {
      deleteAll();
      Files.createDirectories(temp);
      Process other = anotherProcess("and hold it");
      try {
        assertThat(other.inputReader().readLine()).contains("locked by me");
        assertThatThrownBy(held::hold)
            .isInstanceOf(StoreException.class)
            .hasMessageContaining("pid " + other.pid());
      } finally {
        other.destroyForcibly();
      }
    }
  }

  private void deleteAll() throws IOException {
    try (Stream<Path> files = Files.walk(temp)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }

  private String lockInAnotherProcess() throws Exception {
    Process child = anotherProcess("and end");
    try {
      String said = new String(child.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      child.waitFor();
      return said;
    } finally {
      child.destroyForcibly();
    }
  }

  private Process anotherProcess(String then) throws IOException {
    return new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:TieredStopAtLevel=1",
            "-cp",
            System.getProperty("java.class.path"),
            Locker.class.getName(),
            temp.toString(),
            then)
        .redirectErrorStream(true)
        .start();
  }

  /** The other process. */
  static final class Locker {
    private Locker() {}

    public static void main(String[] args) throws IOException {
      try (StateDirectory directory = StateDirectory.lock(Path.of(args[0]))) {
        System.out.println("locked by me: " + directory.task(0));
        if (args[1].equals("and hold it")) {
          int unused = System.in.read(); // until this process is ended
        }
      } catch (StoreException e) {
        System.out.println(e.kind() + " " + e.getMessage());
      }
    }
  }

  @Test
  void damagedStoreIsSetAsideWithItsFiles() throws Exception {
    try (StateDirectory directory = StateDirectory.lock(temp)) {
      write(directory.task(3), "evidence");
      Path aside = directory.setAside(3, 1_700_000_000_000L);
      assertThat(aside).isEqualTo(temp.resolve("task-3.corrupt-1700000000000"));
      assertThat(aside.resolve("CURRENT")).hasContent("evidence");
      assertThat(directory.task(3)).doesNotExist();
    }
  }

  @Test
  void theNewestTwoSetAsideAreKeptOfEachTask() throws Exception {
    try (StateDirectory directory = StateDirectory.lock(temp)) {
      write(directory.task(1), "of another task");
      directory.setAside(1, 1_700_000_000_000L);
      write(directory.task(33), "of a task that begins alike");
      directory.setAside(33, 1_700_000_000_000L);
      for (int i = 0; i < 5; i++) {
        write(directory.task(3), "damage " + i);
        directory.setAside(3, 1_700_000_000_000L + i);
      }
      try (Stream<Path> files = Files.list(temp)) {
        List<String> names = files.map(f -> f.getFileName().toString()).sorted().toList();
        assertThat(names)
            .containsExactly(
                ".lock",
                "task-1.corrupt-1700000000000",
                "task-3.corrupt-1700000000003",
                "task-3.corrupt-1700000000004",
                "task-33.corrupt-1700000000000");
      }
    }
  }

  @Test
  void settingAsideTwiceInTheSameMillisecondWorks() throws Exception {
    try (StateDirectory directory = StateDirectory.lock(temp)) {
      write(directory.task(3), "first");
      Path first = directory.setAside(3, 1_700_000_000_000L);
      write(directory.task(3), "second");
      Path second = directory.setAside(3, 1_700_000_000_000L);
      assertThat(directory.task(3)).doesNotExist();
      assertThat(second.resolve("CURRENT")).hasContent("second");
      assertThat(first).isNotEqualTo(second);
    }
  }

  @Test
  void nothingToSetAsideIsNoError() {
    try (StateDirectory directory = StateDirectory.lock(temp)) {
      assertThat(directory.setAside(3, 1)).doesNotExist();
    }
  }

  private static void write(Path task, String content) throws IOException {
    Files.createDirectories(task.resolve("below"));
    Files.writeString(task.resolve("CURRENT"), content);
    Files.writeString(task.resolve("below/file"), content);
  }

  static void deleteTree(Path directory) throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }
}
