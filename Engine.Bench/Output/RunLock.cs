namespace Engine.Bench.Output;

/// <summary>
/// Says that a folder belongs to a process: a file in it that the process holds locked, and removes when it is done with the folder. The
/// system releases the lock of a process that dies, and so the file of one that was killed keeps nobody out.
/// </summary>
/// <remarks>File systems that know no locks, as some network shares, let everybody in.</remarks>
internal sealed class RunLock : IDisposable
{
    /// <summary>The name of the file.</summary>
    public const string Name = "run.lock";

    // What a lock that another holds is called on Linux, macOS and Windows.
    private static readonly int[] s_held = [11, 35, unchecked((int)0x80070020)];

    private readonly FileStream _stream;

    private RunLock(FileStream stream) => _stream = stream;

    /// <summary>Takes the lock of a folder.</summary>
    /// <exception cref="UserError">Another process has it.</exception>
    /// <exception cref="IOException">The file can't be made.</exception>
    public static RunLock Take(string folder)
    {
        try
        {
            return new(new FileStream(
                Path.Combine(folder, Name), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 1, FileOptions.DeleteOnClose));
        }
        catch (IOException e) when (s_held.Contains(e.HResult))
        {
            throw new UserError($"{folder} is in use by another run: wait until it ends, or name another folder with --out.");
        }
    }

    /// <summary>Removes the file and releases the lock.</summary>
    public void Dispose() => _stream.Dispose();
}
