using Engine.Core.Files;

namespace Engine.Bench.Output;

/// <summary>Files that the user names.</summary>
internal static class UserFile
{
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
