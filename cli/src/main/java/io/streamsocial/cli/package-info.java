/** The command line: its main class, and the commands that run an instance, a demo or a broker. */
@NullMarked
package io.streamsocial.cli;

import org.jspecify.annotations.NullMarked;
