namespace Engine.Bench.Input;

/// <summary>Finds the name that was most likely meant.</summary>
internal static class Nearest
{
    private const int MostEdits = 2;

    /// <summary>The known name that a mistyped one resembles most; null if none does.</summary>
    public static string? To(string typed, IEnumerable<string> known)
        => known.Where(name => Math.Abs(name.Length - typed.Length) <= MostEdits)
            .Select(name => (Name: name, Edits: Edits(name, typed)))
            .Where(near => near.Edits <= MostEdits)
            .OrderBy(near => near.Edits).ThenBy(near => Math.Abs(near.Name.Length - typed.Length))
            .FirstOrDefault().Name;

    /// <summary>The end of a message about an unknown name.</summary>
    public static string Hint(string typed, IEnumerable<string> known)
        => To(typed, known) is { } near ? $"; did you mean '{near}'?" : ".";

    // Levenshtein's distance, a row at a time.
    private static int Edits(string a, string b)
    {
        int[] row = [.. Enumerable.Range(0, b.Length + 1)];
        for (int i = 1; i <= a.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.Length; j++)
            {
                int above = row[j];
                row[j] = Math.Min(Math.Min(above, row[j - 1]) + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1));
                diagonal = above;
            }
        }

        return row[b.Length];
    }
}
