// Editing of lines in a terminal, by libedit. Text is UTF-8. One editor a process, used by one thread.
#ifndef DASS_CLINEEDITOR_H
#define DASS_CLINEEDITOR_H

#include <stdbool.h>

/// What Tab does: gets the text up to the cursor, and adds to the line what it likes to with the function below.
typedef void (*dass_line_completion)(const char *before_cursor);

/// Opens the editor on the process's standard streams. False if that fails.
bool dass_line_open(const char *program, dass_line_completion complete);

enum dass_line_result {
  DASS_LINE_READ,
  /// Ctrl-C: the line is to be forgotten.
  DASS_LINE_CANCELLED,
  /// Ctrl-D on an empty line, or the end of the input.
  DASS_LINE_END,
};

/// Reads a line. `prompt` may hold colours, each sequence between two bytes 1; `start` is typed already. `*line` is
/// NULL or to be freed with `free`, and has no line end.
enum dass_line_result dass_line_read(const char *prompt, const char *start, char **line);

/// To be called while Tab is answered: replaces `deleted` characters before the cursor with `text`.
void dass_line_replace(int deleted, const char *text);

/// To be called while Tab is answered: writes lines below the line that is edited, which is drawn anew.
void dass_line_show(const char *lines);

/// Adds a line to those that the arrow keys bring back.
void dass_line_remember(const char *line);

/// The width of the terminal in columns; 80 where it has none.
int dass_line_columns(void);

/// Reads a line without showing what is typed. NULL at the end of the input; to be freed with `free`.
char *dass_line_read_hidden(const char *prompt);

#endif
