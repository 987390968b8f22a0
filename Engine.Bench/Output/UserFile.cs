using Engine.Core.Files;

namespace Engine.Bench.Output;

/// <summary>Files and folders that the user names.</summary>
internal static class UserFile
{
    /// <summary>Does something with a path; whatever is wrong with it becomes a line.</summary>
    /// <param name="named">The path as the line calls it, with the option that names it.</param>
    /// <param name="remedy">What is wrong and what to do, such as "this folder can't be used; name another one".</param>
    /// <param name="use">What to do.</param>
    /// <exception cref="UserError">The path is none, or nothing can be done there; a full disk is told elsewhere.</exception>
    public static T Use<T>(string named, string remedy, Func<T> use)
    {
        try
        {
            return use();
        }
        catch (Exception e) when (IsFault(e))
        {
            throw new UserError($"{named}: {remedy}. ({e.Message.Split(" (Parameter")[0]})");
        }
    }

    /// <summary>Whether an exception is about a path, or what it leads to.</summary>
    public static bool IsFault(Exception e)
        => e is UnauthorizedAccessException or IOException or ArgumentException or NotSupportedException && !Complaints.IsDiskFull(e);

    /// <summary>The whole path of a file or folder.</summary>
    /// <exception cref="UserError">It is none.</exception>
    public static string FullPath(string path, string option)
        => Use($"{option} '{path}'", "this names no file; name another one", () => Path.GetFullPath(path));

    /// <summary>Where a whole path leads once the links on its way are followed.</summary>
    public static string Resolved(string path)
    {
        if (Path.GetDirectoryName(path) is not { } parent)
            return path;
        path = Path.Combine(Resolved(parent), Path.GetFileName(path));
        return Path.Exists(path) && File.ResolveLinkTarget(path, returnFinalTarget: false) is { } target
            ? Resolved(target.FullName)
            : path;
    }

    /// <summary>Whether two paths lead to one file.</summary>
    public static bool IsSame(string one, string other) => Resolved(Path.GetFullPath(one)) == Resolved(Path.GetFullPath(other));

    /// <summary>Makes sure that two files to be written, where both are, are not one.</summary>
    /// <exception cref="UserError">They are.</exception>
    public static void RequireApart(string? one, string option, string? other, string otherOption)
    {
        if (one is not null && other is not null && IsSame(one, other))
            throw new UserError($"{option} and {otherOption} are both {one}: give one of them another name.");
    }

    /// <summary>Makes sure early that a file has a folder to be in: what is to be written may take long.</summary>
    /// <param name="path">The file; null if none is to be written.</param>
    /// <param name="option">The option that names it.</param>
    /// <exception cref="UserError">There is no such folder.</exception>
    public static void RequireFolder(string? path, string option)
    {
        if (path is null)
            return;
        string? folder = path.Length == 0 ? null : Path.GetDirectoryName(FullPath(path, option));
        if (Directory.Exists(path))
            throw new UserError($"{option} {path}: this is a folder, which can't be written: name a file.");
        if (!Directory.Exists(folder))
            throw new UserError($"{option} '{path}': there is no such folder.");
    }

    /// <summary>Writes a file as a whole, in place of what was there.</summary>
    /// <param name="path">The file.</param>
    /// <param name="option">The option that names it.</param>
    /// <param name="bytes">What is in it.</param>
    /// <exception cref="UserError">It can't be written.</exception>
    public static void Write(string path, string option, byte[] bytes)
        => Use($"{option} {path}", "this file can't be written; name another one", () =>
        {
            AtomicFile.Write(path, stream => stream.Write(bytes));
            return path;
        });
}
