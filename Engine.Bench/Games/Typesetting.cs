namespace Engine.Bench.Games;

/// <summary>How much room text takes. There are no fonts here, so widths are those of a wide sans-serif: others leave some air.</summary>
internal static class Typesetting
{
    /// <summary>The width of a line.</summary>
    public static double Width(string text, double size, bool bold = false)
    {
        double ems = 0;
        foreach (char c in text)
        {
            ems += c switch
            {
                ' ' or '.' or ',' or ':' or ';' or '\'' or '|' or 'i' or 'j' or 'l' or '!' => 0.33,
                '(' or ')' or '[' or ']' or 'f' or 'r' or 't' or '/' or '-' => 0.41,
                'm' or 'w' or 'M' or 'W' or '@' or '%' => 0.97,
                '−' or '×' or '=' or '+' or '<' or '>' => 0.84,
                >= 'A' and <= 'Z' => 0.72,
                > '\u2E80' => 1,
                _ => 0.63,
            };
        }

        return ems * size * (bold ? 1.1 : 1);
    }

    /// <summary>
    /// Breaks a text between words into as few lines as fit, about as long as each other; a word wider than the room is broken too.
    /// </summary>
    public static string[] Wrap(string text, double room, double size, bool bold = false)
    {
        string[] lines = Fill(text, room, size, bold);
        for (double less = room - size; lines.Length > 1 && less > 4 * size; less -= size / 2)
        {
            string[] shorter = Fill(text, less, size, bold);
            if (shorter.Length > lines.Length)
                break;
            lines = shorter;
        }

        return lines;
    }

    private static string[] Fill(string text, double room, double size, bool bold)
    {
        var lines = new List<string>();
        string line = "";
        foreach (string word in text.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.Length > 0 && Width(line + " " + word, size, bold) <= room)
            {
                line += " " + word;
                continue;
            }

            if (line.Length > 0)
                lines.Add(line);
            line = word;
            while (line.Length > 1 && Width(line, size, bold) > room)
            {
                int fits = line.Length - 1;
                while (fits > 1 && Width(line[..fits], size, bold) > room)
                    fits--;
                lines.Add(line[..fits]);
                line = line[fits..];
            }
        }

        if (line.Length > 0)
            lines.Add(line);
        return [.. lines];
    }
}
