package io.streamsocial.processor.trends;

import io.streamsocial.processor.views.View;
import io.streamsocial.processor.views.ViewSchema;

/** A question to one view: each kind is a class, which checks itself. */
public sealed interface ViewQuestion
    permits ViewKeys.Question,
        ViewRange.Question,
        ViewTop.Question,
        ViewSessions.Question,
        ViewActive.Question {

  /**
   * The most rows of an answer to a question for keys or sessions, of a view whose rows have bytes.
   */
  int ROWS_WITH_BYTES_MAX = 1_000;

  /** The view that is asked. */
  ViewSchema view();

  /** One group, or empty for all together. */
  String group();

  /** The rules that every kind of question has. */
  static void check(ViewSchema view, String group) {
    if (view.kind() == View.Kind.SESSION) {
      throw new IllegalArgumentException(
          "the view %s has sessions: it cannot be asked for windows".formatted(view.name()));
    }
    checkGroup(view, group);
  }

  /** The rules of questions to sessions. */
  static void checkSessions(ViewSchema view, String group) {
    if (view.kind() != View.Kind.SESSION) {
      throw new IllegalArgumentException("the view %s has no sessions".formatted(view.name()));
    }
    checkGroup(view, group);
  }

  private static void checkGroup(ViewSchema view, String group) {
    if (!group.isEmpty() && !view.isGrouped()) {
      throw new IllegalArgumentException(
          "the view %s has no groups: leave the group '%s' out".formatted(view.name(), group));
    }
    if (group.indexOf('\0') >= 0) {
      throw new IllegalArgumentException("a group has no 0x00");
    }
  }

  /** The windows of a question. */
  static void check(ViewSchema view, WindowSpan windows) {
    if (view.isWindowed() && windows.windows(view.windowing()) > WindowSpan.WINDOWS_MAX) {
      throw new IllegalArgumentException(
          "%d windows of the view %s: allowed are at most %d"
              .formatted(windows.windows(view.windowing()), view.name(), WindowSpan.WINDOWS_MAX));
    }
  }
}
