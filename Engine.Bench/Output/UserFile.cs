using Engine.Core.Files;

namespace Engine.Bench.Output;

/// <summary>Files that the user names.</summary>
internal static class UserFile
{
    /// <summary>Makes sure early that a file has a folder to be in: what is to be written may take long.</summary>
    /// <param name="path">The file; null if none is to be written.</param>
    /// <param name="option">The option that names it.</param>
    /// <exception cref="UserError">There is no such folder.</exception>
    public static void RequireFolder(string? path, string option)
    {
        if (path is not null && (path.Length == 0 || !Directory.Exists(Path.GetDirectoryName(Path.GetFullPath(path)))))
            throw new UserError($"{option} '{path}': there is no such folder.");
    }

    /// <summary>Writes a file as a whole, in place of what was there.</summary>
    /// <param name="path">The file.</param>
    /// <param name="option">The option that names it.</param>
    /// <param name="bytes">What is in it.</param>
    /// <exception cref="UserError">It can't be written.</exception>
    public static void Write(string path, string option, byte[] bytes)
    {
        try
        {
            AtomicFile.Write(path, stream => stream.Write(bytes));
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException or ArgumentException)
        {
            throw new UserError($"{option} {path}: this file can't be written. ({e.Message})");
        }
    }
}
