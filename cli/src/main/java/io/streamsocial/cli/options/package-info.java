/**
 * Groups of options that several commands share: how an instance counts, which instance it is, what
 * its state depends on, how it serves, security and logs. Each group builds the configuration that
 * it stands for; defaults and checks come from that configuration, so they are written once.
 *
 * <p>Options of a single command stand in the command.
 */
@NullMarked
package io.streamsocial.cli.options;

import org.jspecify.annotations.NullMarked;
