namespace Engine.Core.Files;

/// <summary>
/// Replaces files as a whole: a reader, a failure or a killed process never sees or leaves half a file.
/// </summary>
/// <remarks>
/// The content is written under a temporary name in the same folder, flushed to the disk and renamed over the file.
/// The folder itself is not flushed, as the base library cannot open one: after a power failure the old file may be
/// found again, complete.
/// </remarks>
public static class AtomicFile
{
    private const string Suffix = ".tmp";
    private const int TagLength = 8;
    private const int Attempts = 8;

    /// <summary>
    /// Writes a file with what <paramref name="write"/> writes to its stream. If that or the disk fails, the temporary
    /// is removed and the old file is as it was. Temporaries that killed processes left of this file are removed. A device or a pipe, such
    /// as /dev/stdout, is written to as it is.
    /// </summary>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    /// <exception cref="ArgumentException"><paramref name="path"/> names no file.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be written.</exception>
    public static void Write(string path, Action<Stream> write)
    {
        ArgumentNullException.ThrowIfNull(path);
        ArgumentNullException.ThrowIfNull(write);
        string target = Path.GetFullPath(path);
        if (Path.GetFileName(target).Length == 0)
            throw new ArgumentException($"{path} names no file.", nameof(path));

        if (OpenDevice(target) is { } device)
        {
            using (device)
                write(device);
            return;
        }

        // A link keeps pointing where it does: its target is replaced, not the link.
        if (new FileInfo(target).LinkTarget is not null)
            target = File.ResolveLinkTarget(target, returnFinalTarget: true)!.FullName;
        RemoveStale(target);
        FileStream stream = Create(target);
        string temporary = stream.Name;
        try
        {
            using (stream)
            {
                write(stream);
                stream.Flush(flushToDisk: true);

                // Renamed while still locked, so that no other writer takes it for a stale one.
                File.Move(temporary, target, overwrite: true);
            }
        }
        catch
        {
            Remove(temporary);
            throw;
        }
    }

    // What is there if it is no ordinary file, but a device or a pipe: it can't be cut to a length, and must not be replaced.
    private static FileStream? OpenDevice(string target)
    {
        if (!File.Exists(target))
            return null;
        FileStream? stream = null;
        try
        {
            stream = new(target, FileMode.Open, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
            if (!stream.CanSeek)
                return stream;
            stream.SetLength(stream.Length);
            stream.Dispose();
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return stream;
        }
    }

    private static FileStream Create(string target)
    {
        // Windows renames an open file only if deletion is shared; elsewhere None is what takes the lock.
        FileShare share = OperatingSystem.IsWindows() ? FileShare.Delete : FileShare.None;
        for (int attempt = 1; ; attempt++)
        {
            string temporary = $"{target}.{Guid.NewGuid().ToString("N")[..TagLength]}{Suffix}";
            try
            {
                FileStream stream = new(temporary, FileMode.CreateNew, FileAccess.Write, share);

                // Another writer may have removed it as stale just before the lock was taken.
                if (File.Exists(temporary))
                    return stream;
                stream.Dispose();
            }
            catch (IOException e) when (attempt < Attempts && e is not (DirectoryNotFoundException or PathTooLongException))
            {
            }

            if (attempt == Attempts)
                throw new IOException($"No temporary file can be made beside {target}.");
        }
    }

    private static void RemoveStale(string target)
    {
        string folder = Path.GetDirectoryName(target)!;
        string prefix = Path.GetFileName(target) + ".";
        if (!Directory.Exists(folder))
            return;
        foreach (string file in Directory.EnumerateFiles(folder))
        {
            ReadOnlySpan<char> name = Path.GetFileName(file.AsSpan());
            if (name.Length == prefix.Length + TagLength + Suffix.Length
                && name.StartsWith(prefix, StringComparison.Ordinal)
                && name.EndsWith(Suffix, StringComparison.Ordinal)
                && !name.Slice(prefix.Length, TagLength).ContainsAnyExcept("0123456789abcdef"))
                RemoveIfUnused(file);
        }
    }

    /// <summary>Removes a temporary unless its writer lives, and so holds its lock.</summary>
    private static void RemoveIfUnused(string file)
    {
        try
        {
            new FileStream(file, FileMode.Open, FileAccess.ReadWrite, FileShare.None, 1, FileOptions.DeleteOnClose).Dispose();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // In use, or not ours to remove: harmless either way.
        }
    }

    private static void Remove(string file)
    {
        try
        {
            File.Delete(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The failure that led here matters more; the next write tries again.
        }
    }
}
