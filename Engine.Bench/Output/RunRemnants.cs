using System.IO.Enumeration;
using Engine.Bench.Logging;

namespace Engine.Bench.Output;

/// <summary>What a run that was killed before its first checkpoint leaves in its folder: nothing that anybody would miss.</summary>
internal static class RunRemnants
{
    /// <summary>The names of what is in a folder, but for the file that locks it.</summary>
    public static IEnumerable<string> Entries(string folder)
        => Directory.EnumerateFileSystemEntries(folder).Select(path => Path.GetFileName(path)!).Where(name => name != RunLock.Name);

    /// <summary>The name of something in a folder, or in a folder in it, that no such run has left; null if there is none.</summary>
    public static string? Stranger(string folder)
        => Entries(folder).FirstOrDefault(name => !IsRemnant(name) && !IsBegun(Path.Combine(folder, name)));

    // The folder of an agent that has no checkpoint yet.
    private static bool IsBegun(string path) => Directory.Exists(path) && Entries(path).All(IsRemnant);

    private static bool IsRemnant(string name)
        => name is RunFolder.Config
            || RunLogs.Files.Append("*.????????.tmp").Any(file => FileSystemName.MatchesSimpleExpression(file, name, ignoreCase: false));
}
